//! The equilibrium residual life of a law with a piecewise linear survival function.

/// One linear piece of the survival function, and what its integral is on either side.
struct Piece {
    from: f64,
    length: f64,
    /// Survival at `from` and at its end.
    start: f64,
    end: f64,
    /// The integral of the survival function from 0 to `from`.
    before: f64,
    /// The integral from the end of this piece on.
    after: f64,
}

/// Its distribution function is the integral of the survival function over the mean, piece by
/// piece a parabola, so its quantiles are roots in closed form.
pub(super) struct Residual {
    pieces: Vec<Piece>,
    mean: f64,
}

impl Residual {
    /// `points` are (x, P(X > x)) with x ascending and survival descending from 1; a jump is two
    /// points with one x.
    pub(super) fn new(points: &[(f64, f64)]) -> Residual {
        let mut pieces = Vec::with_capacity(points.len());
        let (mut x, mut survival, mut sum) = (0.0, 1.0, 0.0);
        // Before the least value nothing has ended yet, so the first piece starts at (0, 1).
        for &(next, end) in points {
            assert!(x <= next && end <= survival);
            if next > x {
                let length = next - x;
                pieces.push(Piece {
                    from: x,
                    length,
                    start: survival,
                    end,
                    before: sum,
                    after: 0.0,
                });
                sum += length * (survival + end) / 2.0;
            }
            (x, survival) = (next, end);
        }
        assert!(sum > 0.0, "a law that is always 0 has no residual life");
        let mut after = 0.0;
        for piece in pieces.iter_mut().rev() {
            piece.after = after;
            after += piece.length * (piece.start + piece.end) / 2.0;
        }
        Residual { pieces, mean: sum }
    }

    /// The quantile at p, where s = 1 − p; the smaller of the two is taken.
    pub(super) fn quantile(&self, p: f64, s: f64) -> f64 {
        if p <= s {
            let wanted = p * self.mean;
            let index = self.pieces.partition_point(|piece| piece.before <= wanted);
            let piece = &self.pieces[index.saturating_sub(1)];
            let slope = (piece.end - piece.start) / piece.length;
            return piece.from + into(wanted - piece.before, piece.start, slope).min(piece.length);
        }
        let wanted = s * self.mean;
        let index = self.pieces.partition_point(|piece| piece.after > wanted);
        let piece = &self.pieces[index.min(self.pieces.len() - 1)];
        let slope = (piece.start - piece.end) / piece.length;
        let back = into(wanted - piece.after, piece.end, slope).min(piece.length);
        piece.from + piece.length - back
    }
}

/// The t with height·t + slope·t²/2 = area, in the form that does not cancel.
fn into(area: f64, height: f64, slope: f64) -> f64 {
    if area <= 0.0 {
        return 0.0;
    }
    let root = (height * height + 2.0 * slope * area).max(0.0).sqrt();
    2.0 * area / (height + root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn residual_of_a_uniform_law() {
        // Uniform on [2, 4]: mean 3; half of the time the residual is below 1.5.
        let residual = Residual::new(&[(2.0, 1.0), (4.0, 0.0)]);
        assert!((residual.quantile(0.5, 0.5) - 1.5).abs() < 1e-12);
        assert!((residual.quantile(1.0 - 1e-3, 1e-3) - (4.0 - 0.012f64.sqrt())).abs() < 1e-12);
        assert!(residual.quantile(1.0, 0.0).total_cmp(&4.0).is_eq());
    }

    #[test]
    fn residual_across_a_jump() {
        // 1 or 3 with equal chance: mean 2; density 1/2 up to 1, then 1/4.
        let residual = Residual::new(&[(1.0, 1.0), (1.0, 0.5), (3.0, 0.5), (3.0, 0.0)]);
        assert!((residual.quantile(0.25, 0.75) - 0.5).abs() < 1e-12);
        assert!((residual.quantile(0.75, 0.25) - 2.0).abs() < 1e-12);
    }
}
