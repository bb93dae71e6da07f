use super::*;
use crate::scenario::types::{WEEK, Weekly};

const HOUR: u64 = 3_600_000_000;

/// Intervals in whole hours since the start.
fn hours(start: &str, windows: &[Weekly], except: &[(Date, Date)], until: u64) -> Vec<(u64, u64)> {
    let except = except.iter().map(|&(from, to)| Days { from, to }).collect();
    let calendar = Calendar { name: String::new(), windows: windows.to_vec(), except };
    let open = Start::parse(start).expect("a start").open(&calendar, Span(until * HOUR));
    let whole = |at: u64| {
        assert!(at.is_multiple_of(HOUR) || at == i64::MAX.cast_unsigned());
        at / HOUR
    };
    open.into_iter().map(|(from, to)| (whole(from), whole(to))).collect()
}

fn weekly(day: u16, hour: u16, length: u16) -> Weekly {
    Weekly { from: day * DAY + hour * 60, length: length * 60, daily: false }
}

fn daily(hour: u16, length: u16) -> Weekly {
    Weekly { from: hour * 60, length: length * 60, daily: true }
}

fn date(text: &str) -> Date {
    text.parse().expect("a date")
}

/// In Berlin the clock goes from 02:00 to 03:00 on 2017-03-26 and from 03:00 to 02:00 on 2016-10-30.
#[test]
fn a_night_is_an_hour_short_in_spring_and_an_hour_long_in_autumn() {
    let night = [weekly(5, 22, 8)];
    // Friday 22:00: the window opens a day later.
    let spring = hours("2017-03-24T22:00[Europe/Berlin]", &night, &[], 14 * 24);
    assert_eq!(spring[..2], [(24, 31), (24 + 167, 24 + 167 + 8)], "7 h, then 8; a week of 167 h");
    let autumn = hours("2016-10-28T22:00[Europe/Berlin]", &night, &[], 14 * 24);
    assert_eq!(autumn[..2], [(24, 33), (24 + 169, 24 + 169 + 8)], "9 h, then 8; a week of 169 h");
}

#[test]
fn a_time_that_the_clock_skips_is_reached_at_the_jump() {
    // From Sunday 00:00: 02:00 is skipped to 03:00.
    let start = "2017-03-26T00:00[Europe/Berlin]";
    let half = |from: u16, length: u16| Weekly { from, length, daily: true };
    assert_eq!(hours(start, &[half(150, 30)], &[], 20), [], "02:30 - 03:00 does not take place");
    assert_eq!(
        hours(start, &[half(150, 150)], &[], 20),
        [(2, 4)],
        "02:30 - 05:00 is 03:00 - 05:00"
    );
    assert_eq!(hours(start, &[half(60, 90)], &[], 20), [(1, 2)], "01:00 - 02:30 ends at the jump");
}

#[test]
fn a_time_that_the_clock_shows_twice_is_reached_the_first_time() {
    let start = "2016-10-30T00:00[Europe/Berlin]";
    assert_eq!(
        hours(start, &[daily(0, 2)], &[], 20),
        [(0, 2)],
        "00:00 - 02:00 ends at the first 02:00"
    );
    assert_eq!(
        hours(start, &[daily(2, 2)], &[], 20),
        [(2, 5)],
        "02:00 - 04:00 begins at the first"
    );
}

#[test]
fn windows_that_touch_or_overlap_are_one() {
    let start = "2016-11-25T20:00[Europe/Berlin]";
    let windows = [weekly(4, 20, 4), weekly(5, 0, 6), weekly(5, 3, 5)];
    assert_eq!(hours(start, &windows, &[], 24), [(0, 12)]);
    // Open since before the start.
    let windows = [weekly(3, 12, 36)];
    assert_eq!(hours(start, &windows, &[], 24), [(0, 4)]);
    // Around the end of the week: Sunday to Saturday, all but 24 hours.
    let windows = [weekly(6, 0, 6 * 24)];
    assert_eq!(
        hours("2016-11-28T00:00[Europe/Berlin]", &windows, &[], 24 * 7),
        [(0, 120), (144, 288)]
    );
}

#[test]
fn whole_local_days_are_cut_out() {
    // Friday 20:00 to Monday 06:00 without the Saturday.
    let weekend = [weekly(4, 20, 58)];
    let start = "2016-12-23T20:00[Europe/Berlin]";
    let except = [(date("2016-12-24"), date("2016-12-24"))];
    assert_eq!(hours(start, &weekend, &except, 72), [(0, 4), (28, 58)]);
    let all = [(date("2016-12-23"), date("2016-12-26"))];
    assert_eq!(hours(start, &weekend, &all, 72), []);
    // Without windows: always but then. The long Sunday has 25 hours.
    let sunday = [(date("2016-10-30"), date("2016-10-30"))];
    let open = hours("2016-10-29T00:00[Europe/Berlin]", &[], &sunday, 72);
    assert_eq!(open, [(0, 24), (49, i64::MAX.cast_unsigned() / HOUR)]);
}

#[test]
fn all_that_begins_by_the_horizon_is_there() {
    let start = "2016-11-25T20:00[Europe/Berlin]";
    let weekend = [weekly(4, 20, 58)];
    assert_eq!(hours(start, &weekend, &[], 168), [(0, 58), (168, 226)]);
    assert_eq!(hours(start, &weekend, &[], 167), [(0, 58)]);
}

#[test]
fn a_start_is_unambiguous_and_whole() {
    let told = |text: &str| Start::parse(text).map(|_| ()).unwrap_err();
    assert!(Start::parse("2016-10-30T02:30+01:00[Europe/Berlin]").is_ok());
    for bad in [
        "2016-10-30T02:30[Europe/Berlin]",
        "2017-03-26T02:30[Europe/Berlin]",
        "2016-11-25T20:00",
        "2016-11-25T20:00[Europe/Berln]",
        "2016-11-25T20:00-05:00[Europe/Berlin]",
    ] {
        assert!(!told(bad).is_empty(), "{bad}");
    }
    assert!(told("1899-01-01T00:00[UTC]").contains("between 1900 and 2999"));
    assert!(told("2016-11-25T20:00:00.0000001[UTC]").contains("whole number"));
}

#[test]
fn instants_are_told_in_local_time() {
    let start = Start::parse("2016-10-28T20:00[Europe/Berlin]").expect("a start");
    assert_eq!(start.zone(), "Europe/Berlin");
    assert_eq!(start.rfc3339(Instant(0)), "2016-10-28T20:00:00+02:00");
    // Behind the end of daylight saving, and with fractions.
    assert_eq!(start.rfc3339(Instant(48 * HOUR + 1500)), "2016-10-30T19:00:00.0015+01:00");
    assert_eq!(start.local(Instant(48 * HOUR)), "Sun 2016-10-30 19:00:00");
    assert!(start.rfc3339(Instant(u64::MAX)).starts_with("9999"));
}

/// An independent reading of the rule: look at the clock, half hour by half hour through a year.
#[test]
fn a_calendar_is_open_while_the_clock_is_inside() {
    let start = Start::parse("2016-06-15T12:00[Europe/Berlin]").expect("a start");
    let year = Span(365 * Span::DAY.0);
    let windows =
        [(4 * DAY + 1200, 3480), (6 * DAY, 150), (6 * DAY + 150, 30), (5 * DAY + 1320, 480)];
    for (from, length) in windows {
        let window = Weekly { from, length, daily: false };
        let calendar = Calendar { windows: vec![window], ..Calendar::default() };
        let open = start.open(&calendar, year);
        for at in (0..year.0).step_by(HOUR as usize / 2) {
            let clock = start.at(Instant(at)).datetime();
            if clock.date() == date("2016-10-30") && clock.hour() == 2 {
                // Shown twice: the rule speaks of the first time.
                continue;
            }
            let day = u16::try_from(clock.weekday().to_monday_zero_offset()).expect("a day");
            let minutes = u16::from(clock.hour().unsigned_abs()) * 60
                + u16::from(clock.minute().unsigned_abs());
            let inside = (day * DAY + minutes + WEEK - from) % WEEK < length;
            let listed = open.iter().any(|&(from, to)| (from..to).contains(&at));
            assert_eq!(inside, listed, "{window} at {clock}");
        }
    }
}
