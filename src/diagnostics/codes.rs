//! Every sort of problem a user can be told about: a stable id, one line, one paragraph.

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The scenario is refused.
    Error,
    /// The scenario means something, but probably not what was meant.
    Warning,
}

/// Builds the enum and its tables from one list, so that no code can lack a text.
macro_rules! codes {
    ($($name:ident $id:literal $severity:ident $title:literal $text:literal)*) => {
        /// A sort of problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $title] $name,)*
        }

        impl Code {
            /// Every code, by id.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The stable id, for instance `S012`.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Code::$name => $id,)* }
            }

            /// One line.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }

            /// One paragraph: what is wrong, why it is refused, what to write instead.
            #[must_use]
            pub fn explain(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }

            /// Whether it forbids going on.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Code::$name => Severity::$severity,)* }
            }
        }
    };
}

codes! {
    NotAFinding "F001" Error "a file that is not a finding of this version"
        "A finding is a file that `cutover simulate SCENARIO --out DIR` writes; its first key is `finding`, the number of its format. This version reads format 1; a scenario is not replayed but simulated."
    DoesNotFit "F002" Error "a finding that does not fit its scenario"
        "A finding addresses the choices it forces by name: an entity of the population, a draw site of the plan, an occurrence. A name that the scenario no longer has, or a value that the site cannot take, means that the plan has changed since; the message says which override is meant."
    Unreadable "S001" Error "a file cannot be read"
        "The scenario, or a base it extends, does not exist, is a directory, or may not be read. The path of a base is relative to the file that extends it."
    TooLarge "S002" Error "a file is too large"
        "A scenario is written by people and read in one go; a file of more than 8 MiB is most likely not a scenario. An inventory has at most 64 MiB."
    NotUtf8 "S003" Error "a file is not UTF-8 text"
        "Scenarios and inventories are UTF-8. Save the file as UTF-8 (with or without a byte order mark); a spreadsheet offers it as \"CSV UTF-8\"."
    Syntax "S004" Error "the file is not valid TOML"
        "The file breaks a rule of TOML 1.1: a missing quote, a bracket that is not closed, a key stated twice, a value nested too deep. Nothing else is checked until the file can be read."
    UnknownKey "S005" Error "a key that means nothing here"
        "Unknown keys are errors, because a misspelt key that is silently ignored changes what a plan means. The message lists the keys that this table takes."
    MissingKey "S006" Error "a required key is missing"
        "The table lacks a key without which it has no meaning. The message names the key, and the hint says what it takes."
    WrongType "S007" Error "a value of the wrong type"
        "The key takes another type of value, for instance a string with a unit (\"30m\") where a bare number was written."
    OneOf "S008" Error "exactly one of several keys is needed"
        "Some tables state which of several things they are by the key they use: an effect is `on`, `off` or `add`, a distribution names one family, a fault has one way to strike, a reaction fires `after` or `every`. None leaves the meaning open, two contradict each other."
    ExtendCycle "S009" Error "scenarios extend each other in a circle or too deep"
        "A base may extend another scenario, at most 8 deep, but no file may extend itself, not even through others."
    Placement "S010" Error "an entry is placed or removed in a way that has no meaning"
        "`place-before`, `place-after` and `remove` say where an entry of an extending scenario goes in the list it inherits. They name an entry of the same list, need a base, and exclude each other; `remove = true` takes out an entry that the base has."
    OutOfRange "S011" Error "a number outside its range"
        "The number is smaller or larger than this key allows; the message states the range."
    NoSlots "S012" Error "a pool has no slots"
        "A pool without slots never lets anyone in: every step that uses it would wait for ever. Leave the pool out to have no limit."
    BadQuantity "S013" Error "a quantity that cannot be read"
        "Quantities are strings with a unit: durations \"8h 15m\" (us ms s m h d w), sizes \"1.5 GiB\", rates \"0.66 GiB/h\", probabilities 0.03, \"0.3 %\" or \"3/1000\", read rates \"6 / h\"."
    UnknownWord "S014" Error "a word that this key does not know"
        "The key takes one of a few words and nothing else; the message lists them."
    TooLong "S015" Error "a quantity beyond every horizon"
        "Durations are at most 1000 years of 365 days, sizes at most 1 PiB, rates at most 1 PiB/h, so that no sum or product of them can overflow."
    BadName "S016" Error "a name that cannot be used"
        "Facts, groups, pools and links are named by a letter followed by letters, digits, `-` and `_`, because conditions name them; words of the condition language and of the entity kinds are taken. Other names are free text of at most 100 characters, without control characters, without spaces at their ends and without ` / `, which separates the parts of a draw site's name."
    Duplicate "S017" Error "a name is used twice"
        "Steps, faults, users, reactions, hazards and goals are addressed by name in schedules, findings and extending scenarios, so a list names each of them once. A derived hazard is named after its permission: `P missing`."
    TooMany "S018" Error "more of something than the engines take"
        "A plan has at most 64 facts of a kind (they are bits of a machine word; classes count as facts of the tenant), 8 group kinds, 512 steps and as many faults, reactions, users, hazards, goals, pools and links, 512 effects in one list, and 100,000,000 mailboxes."
    Parameters "S019" Error "parameters of a distribution that contradict each other"
        "A triangular or PERT distribution needs low <= mode <= high, a uniform one low <= high, a lognormal or Weibull one 0 < median < p95, a Pareto one 0 < min < p95, a gamma one a positive mean and standard deviation whose ratio stays within 1/100 and 1000; weights of a mixture are positive."
    Between "S020" Error "a truncation that leaves nothing"
        "`between = [low, high]` conditions a distribution on lying inside. If that has no probability (less than 1e-9), there is nothing left to draw from."
    CondSyntax "S021" Error "a condition that cannot be read"
        "Conditions are made of fact names, `true`, `false`, `and`, `or`, `not`, parentheses, and the quantifiers `all(mailbox: c)`, `any(mailbox: c)` and `count(mailbox: c) < 3` with `< <= = != >= >`. `not` binds tighter than `and`, `and` tighter than `or`; at most 64 levels deep."
    UnknownFact "S022" Error "a fact that is not defined"
        "Every fact that a condition, an effect, a user or a fault names is defined as `[facts.NAME]`."
    FactKind "S023" Error "a fact that this entity does not have"
        "A condition sees the facts of its own entity and of the entities above it (a mailbox sees its tenant, the tenant's groups and the rollout). The facts of entities below are many, so they are named only under `all`, `any` or `count`; inside such a quantifier only facts of exactly the quantified kind can stand. Group kinds are independent of each other: a site has no facts of a database."
    Quantifier "S024" Error "a quantifier over entities that are not below this one"
        "`all(KIND: c)` runs over the entities of a kind below the one that the condition is about: mailboxes of a tenant, tenants of a group, groups of the rollout. Quantifiers do not nest."
    UnknownStep "S025" Error "a step that is not defined"
        "`after`, `until`, `step` and `of` name a step of this scenario (or of its base)."
    UnknownPool "S026" Error "a pool that is not defined"
        "`uses`, `takes` and an expected `wait` name a pool defined under `[pools]`."
    UnknownKind "S027" Error "a kind of entity that does not exist"
        "Entities are the `rollout`, a group kind defined as `[groups.NAME]`, a `tenant` or a `mailbox`; some places take only some of them, as the message says."
    UnknownName "S028" Error "a fault or hazard that is not defined"
        "Expectations name faults and hazards of this scenario; a derived hazard is called `P missing` after its permission P."
    Reach "S029" Error "an effect on a fact out of its reach"
        "An effect writes a fact of its own entity or of one above it. With `of = \"members\"` it writes a fact of a kind below, of every member. Sideways (from one group kind to another) there is no way."
    WrittenTwice "S030" Error "one list of effects writes a fact twice"
        "The effects of one event land together, so a list may write a fact only once: otherwise the order in the list would decide. Two effects whose `if`s exclude each other (`c` and `not c`), and several `add`s, may stand together."
    AddNeedsCounter "S031" Error "`add` on a fact that is no counter"
        "`add` counts up. Only a fact with `count = N` can be counted; others are turned `on` and `off`."
    AddLease "S032" Error "`add` with `for`"
        "A lease (`for`) ends by setting the opposite value. There is no opposite of one more, so `add` takes no `for`."
    Cycle "S033" Error "steps wait for each other in a circle"
        "Each step waits until those it names in `after` (or, without `after`, the previous one of the list) have ended. A circle never starts."
    DurationTwice "S034" Error "a step has a duration and a transfer"
        "A step lasts for a drawn `duration`, or as long as its `transfer` takes; split it into two steps to have both."
    TransferSize "S035" Error "a transfer without sizes"
        "A transfer lasts as long as its size at its rate, so the population needs `mailbox-size`."
    Until "S036" Error "a slot held until a step that cannot free it"
        "`until` names a step of the same entity or of one above it, that does not end before the step that takes the slot starts."
    PoolScope "S037" Error "a pool of a group used from outside"
        "A pool with `each = GROUP` exists once per group. Only that group and the tenants and mailboxes inside can ask for its slots; the rollout and other group kinds do not know which one is meant."
    PoolTwice "S038" Error "a step asks a pool for two slots"
        "A step takes one slot of each pool it uses; name a pool once. To let heavy steps take more, give them a pool of their own."
    Access "S039" Error "no fact `access` to judge exposure by"
        "Someone can only see too much while they get in. The hazard `access and not P` that every permission with `missing = \"open\"` implies, and a user without a session, need a fact called `access`, of the same kind as the permission or the user, or of one above or below it in line; `access` itself is not a permission."
    ShowsNothing "S040" Error "`shows` on a fact that shows nothing"
        "`shows` says what a reader sees while a permission is off, so it stands only with `missing = \"open\"`, and on hazards."
    IdleUser "S041" Error "a user who does nothing"
        "A user reads (`reads`), keeps a session (`connects` and `session`), or both. One who does neither changes no result."
    HalfSession "S042" Error "half of a session"
        "A session has a beginning (`connects`) and a length (`session`); state both or neither."
    Loses "S043" Error "a fault loses an effect that does not exist"
        "`loses = FACT` drops what the step's `at-end` (with of = \"undo\": its `undo`) writes to that fact while success is reported, so that list must write it."
    NeverStrikes "S044" Error "a fault that can never strike"
        "A fault with `chance = 0`, one that fails an attempt (or an undo) later than it can last, or one on an undo that nothing ever makes, changes nothing. A scenario that states one claims a test that does not happen."
    NoEffect "S045" Error "an activity that does nothing"
        "A reaction or a free-standing fault has effects (`does`), `forces` a fact for a while, `takes` slots, `slows` a link, `halts` or `resumes` the rollout, or `rolls-back` tenants; a fault may also crash somebody (`crashes`)."
    TakesScope "S046" Error "slots taken from a pool of another kind"
        "A reaction of the rollout takes slots of a pool of the rollout, a reaction of a group those of that group's pool, and at most as many as there are."
    Migrated "S047" Error "more tenants have moved than there are"
        "`migrated` counts the tenants, from the head of the list, that have moved before this rollout, so it is at most `count`."
    Expectation "S048" Error "an expected range that holds no value"
        "An expectation is one value or `[low, high]` with low <= high; shares lie between 0 and 1, counts and durations are not negative."
    BadWindow "S060" Error "a window that cannot be read"
        "A window is \"Fri 20:00 - Mon 06:00\" every week, or \"22:00 - 06:00\" every day: days are Mon, Tue, Wed, Thu, Fri, Sat, Sun, times 00:00 to 24:00 on the clock of the rollout's time zone. It may cross midnight or the end of the week, and ends where it does not begin."
    BadDate "S061" Error "a date or a start that cannot be read"
        "What starts not before some time states how long that is after the rollout's start (\"48h\"), or a local time \"2016-12-03T20:00\" (a day alone begins at midnight). Who has moved did so at such a local time before the start. A rollout's start is a local time and its zone, \"2016-11-25T20:00[Europe/Berlin]\", in a year from 1900 to 2999; a time that daylight saving skips is none, and one that it repeats needs its offset, \"2016-10-30T02:30+01:00[Europe/Berlin]\". Excepted days are \"2016-12-24\" or \"2016-12-24 - 2016-12-27\", both ends included."
    UnknownCalendar "S062" Error "a calendar that is not defined"
        "A string under `windows` names a calendar defined as `[calendars.NAME]`; windows written on the spot are a list, even if there is only one."
    NoStart "S063" Error "windows, dates or quotas without a start"
        "Simulated time counts from the rollout's start. Which hours are a Friday evening, and when a date comes, is known only once `[rollout] start` says which local time that is, and in which time zone."
    NeverOpen "S064" Error "windows that never open"
        "Up to the rollout's horizon these windows are never open, because every one of them lies on an excepted day or takes place in the hour that the clock skips. Whatever keeps to them would wait for ever."
    Fits "S065" Error "`fits` where nothing can fit"
        "`fits = true` starts an attempt only if its nominal duration, the median, ends by the end of the window. It stands beside `windows`, on a step with a `duration`; the time of a transfer depends on the size it moves."
    InventoryTable "S071" Error "an inventory that is not a table"
        "An inventory is a CSV file: a line that names the columns, then a row for each tenant or for each mailbox. Cells are separated by commas, semicolons or tabs, as the first line shows; a cell that holds a separator, a quote or a line break stands in double quotes."
    UnknownColumn "S072" Error "a column that means nothing"
        "Unknown columns are errors, because a misspelt column that is silently ignored changes who takes part. An inventory has the columns `tenant`, `class`, `mailboxes`, `mailbox`, `size` (or `size GiB`, with the unit of plain numbers), `status`, `priority`, `not-before`, and one for each group kind that it deals; delete the others."
    InventoryRow "S073" Error "a row that is neither a tenant nor a mailbox"
        "A row has as many cells as the first line has columns, names its tenant, and either stands for the whole tenant or, with a name in the column `mailbox`, for one of its mailboxes."
    InventoryCell "S074" Error "a cell that cannot be read"
        "`mailboxes` is a whole number from 0 to 10000; `size` a size such as 1.5 GiB, or a plain number under a heading with a unit (`size GiB`), with a decimal comma if semicolons separate the cells, and without separators of thousands; `status` is `migrated`, `moved` or `done`, or else `open`, `planned` or nothing; `priority` a whole number, `not-before` a duration since the start or a local time."
    Inconsistent "S075" Error "rows of one tenant that contradict each other"
        "All mailbox rows of a tenant speak of the same tenant, so its class, its groups and its status are the same in each of them; a cell that is left empty agrees with any other."
    NoInventory "S076" Error "a list is needed, and there is none (or the other way round)"
        "`[tenants] inventory` lists who takes part, so `count` and `migrated` do not stand beside it; without an inventory there are no columns to deal groups by. A class needs a `share` unless a column `class` says who belongs to it, and then it has none."
    UnknownClass "S077" Error "a class that is not defined"
        "A condition, a distribution by class and the column `class` of an inventory name a class defined as `[classes.NAME]`."
    Class "S078" Error "classes that do not cover the tenants"
        "Shares of classes add up to at most 1; the rest of the tenants has no class. A distribution by class states `default` unless every tenant is of a class that it names, and it belongs to steps of tenants and mailboxes, because others have no class. If the mailboxes of one class have sizes, so have all others."
    Rename "S079" Error "a former name that is in use"
        "`was` states what something was called before, so that findings and extended scenarios still find it. Nothing else may have that name now, and of two things only one can have been called so; a name that the base nearly has is taken for a misspelling."
    UnknownLink "S081" Error "a link that is not defined"
        "A transfer's `link` and the `link` of `slows` name a link defined under `[links]`."
    LinkScope "S082" Error "a link of a group used from outside"
        "A link with `each = GROUP` exists once per group. Only transfers of that group and of the tenants and mailboxes inside can take it; the rollout and other group kinds do not know which one is meant."
    LinkTwice "S083" Error "a transfer takes a link twice"
        "A transfer gets one share of each link it takes; name a link once. Bytes that cross a link there and back need a link of half the rate."
    Slows "S084" Error "a link slowed by whom it does not belong to, or by nothing"
        "A reaction of the rollout slows a link of the rollout, a reaction of a group that group's link. `to` is what the link still carries, so it is less than the link's rate; `\"0 B/h\"` is an outage."
    IdleQuota "S085" Error "a quota that never counts"
        "`per-hour` and `per-day` hold at once, so an hour that may use up what a whole day may says nothing."
    Profile "S086" Error "a profile that never changes, or with an entry that never counts"
        "`profile` multiplies how often a user reads and connects while windows are open. The first entry whose windows are open counts; an entry without windows counts at all other times and is therefore the last; without one the factor is 1 then."
    CrashScope "S091" Error "a crash of something that has no job of its own"
        "A fault with `crashes` and each = \"rollout\" is a crash of the whole orchestrator, with a group kind one of the worker that serves that group's tenants, with \"tenant\" one of that tenant's job, which moves its mailboxes as well. A mailbox has no job of its own."
    WhenCut "S092" Error "`when-cut` where nothing is known of a cut attempt"
        "`when-cut` says what follows when a crash cut an attempt: the journal knows of it. With journal = \"none\" nobody knows, the plan starts again and `done-if` decides; attempts of a `remote` step are never cut."
    UndoFault "S093" Error "a fault that an undo cannot suffer"
        "With of = \"undo\" a fault bends the undo of a step: it is `slow`, `fails`, `hangs` or `loses` an effect. `repeats` and `skips` are about attempts that report success."
    EmptyWave "S095" Error "a wave that nobody is left for"
        "A wave takes a number (`take = 20`) or a share (`\"10 %\"`) of the tenants, or those of a class or group, of whom no wave before it has taken; one without `take` takes all who are left, so it comes last. Whoever no wave takes makes up a last wave called `rest`."
    BuiltIn "S096" Error "a name or a fact that the rollout keeps for itself"
        "Where there are waves, `wave` is the group kind whose groups they are, and `rest` and `moved before` are the waves of those whom no wave takes and of those who have moved. Where something halts the rollout, `halted` is a fact of the rollout that conditions may name; only what `halts` and `resumes` the rollout changes it."
    AfterHorizon "S097" Error "a start after the end of the run"
        "A run ends at the horizon, 52 weeks after its start unless [rollout] says otherwise. Whoever starts no sooner than after that would never start; raise the horizon or correct the date."
    RollBackScope "S098" Error "a rollback of something that is no tenant"
        "`rolls-back` takes tenants back: those of the rollout, of a group or of a wave that are in progress (\"in-progress\") or have started (\"started\"), or one tenant, with all their mailboxes. A mailbox alone is rolled back by a step of it that fails with on-failure = \"undo\"."
    UnknownGroup "S099" Error "a group that does not exist"
        "What a wave takes names groups as the inventory does; where a group kind is dealt by `tenants` or `count`, its groups are numbered from 1."
    UnusedPool "S101" Warning "a pool that nobody uses"
        "No step asks for a slot of this pool, so it limits nothing, however many slots it has."
    NoUndo "S102" Warning "`undo` without anything to undo"
        "A step says `on-failure = \"undo\"` or `when-cut = \"undo\"`, or how long its undo takes, but there is no `undo` list that could run."
    UnusedCalendar "S106" Warning "a calendar that nobody keeps to"
        "Neither the rollout, nor a step, nor a shift of a pool, nor a user's profile names this calendar, so it changes nothing."
    NoCrash "S111" Warning "words about crashes where nothing crashes"
        "`journal`, `remote` and `when-cut` say what a crash of the orchestrator leaves behind. Without a fault that `crashes` somebody they change nothing."
    UnusedLink "S112" Warning "a link that nothing is transferred over"
        "No step names this link in its `transfer`, so it limits nothing, however little it carries."
    NothingHalts "S113" Warning "a resumption where nothing halts"
        "`resumes` lets tenants start again after a halt. Without a reaction or fault that `halts` the rollout, and without a step with on-failure = \"halt-rollout\", it changes nothing."
    LastWave "S114" Warning "a wave that keeps nobody waiting"
        "`soak` and `enough` say when the next wave may start. A wave that takes all who are left is the last, so nobody waits for it."
    NearName "S115" Warning "a new entry with almost the name of one that is inherited"
        "An extending scenario overrides an entry by its exact name; any other name adds an entry. Here the name differs by a letter or two from one of the base, so the base's entry stays as it was and a second one stands beside it. Write the name as the base has it; what is new on purpose says where it stands, or has another name."
    TooOften "S116" Warning "something that happens so often that a run may not end"
        "Until the horizon this would fire a hundred million times or more for each entity. A run breaks off at 2^29 events (536,870,912), long before such a horizon, and takes minutes until then. Probably the unit is a slip (`us` or `ms` for `m`); otherwise write a longer time, or a shorter horizon."
}

impl std::str::FromStr for Code {
    type Err = String;

    /// Reads an id such as `S012`, in either case.
    fn from_str(text: &str) -> Result<Self, String> {
        let known = |code: &&Code| code.id().eq_ignore_ascii_case(text.trim());
        Code::ALL.iter().find(known).copied().ok_or_else(|| format!("no such code: `{text}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_sorted_and_read_back() {
        assert!(Code::ALL.is_sorted_by(|a, b| a.id() < b.id()));
        for code in Code::ALL {
            assert_eq!(code.id().to_lowercase().parse(), Ok(*code));
            assert!(code.explain().ends_with('.') && code.explain().len() > 60, "{code:?}");
            assert!(!code.title().ends_with('.'), "{code:?}");
        }
        assert!("S999".parse::<Code>().is_err());
    }
}
