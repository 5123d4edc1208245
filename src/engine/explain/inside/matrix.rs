//! Small dense matrices: products, bases, and singular values.

/// Numbers in columns. `[n_columns][n_rows]`
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Columns(pub(super) Vec<Vec<f64>>);

/// Sweeps after which columns are taken to be as orthogonal as they get.
const SWEEPS: usize = 60;

/// Cosine of two columns below which they count as orthogonal.
const ORTHOGONAL: f64 = 1e-15;

impl Columns {
    /// Products of each column, a row of them, with each of another, a column.
    pub(super) fn times_transposed(&self, other: &Self) -> Self {
        let of = |right: &Vec<f64>| self.0.iter().map(|left| dot(left, right)).collect();
        Self(other.0.iter().map(of).collect())
    }

    /// Sums of the columns, weighted by each column of `weights`.
    pub(super) fn combined(&self, weights: &Self) -> Self {
        let n_rows = self.0.first().map_or(0, Vec::len);
        let sum = |weights: &Vec<f64>| {
            let mut sum = vec![0.0; n_rows];
            for (column, weight) in self.0.iter().zip(weights) {
                add(&mut sum, column, *weight);
            }
            sum
        };
        Self(weights.0.iter().map(sum).collect())
    }

    /// Orthonormal columns that span the same (Gram–Schmidt, twice over, since the first pass leaves
    /// rounding errors where little of a column remains); a column that lies in the span of those
    /// before it is replaced by a unit vector that does not.
    pub(super) fn orthonormal(mut self) -> Self {
        let n_rows = self.0.first().map_or(0, Vec::len);
        let mut spare = (0..n_rows).map(|at| unit(at, n_rows));
        let mut basis: Vec<Vec<f64>> = Vec::with_capacity(self.0.len());
        for mut column in self.0.drain(..) {
            loop {
                let before = norm(&column);
                for _ in 0..2 {
                    for other in &basis {
                        let along = dot(&column, other);
                        add(&mut column, other, -along);
                    }
                }
                let left = norm(&column);
                if left > 1e-12 * before && left > f64::MIN_POSITIVE {
                    for value in &mut column {
                        *value /= left;
                    }
                    basis.push(column);
                    break;
                }
                let Some(next) = spare.next() else {
                    return Self(basis);
                };
                column = next;
            }
        }
        Self(basis)
    }

    /// Singular values, falling, with the left and right vectors of each: one-sided rotations until
    /// all columns are orthogonal (Hestenes 1958). Left vectors of the value 0 are any that make a
    /// basis.
    pub(super) fn singular(&self) -> Singular {
        let n = self.0.len();
        let mut left = self.clone();
        let mut right = Self((0..n).map(|at| unit(at, n)).collect());
        for _ in 0..SWEEPS {
            let mut is_done = true;
            for p in 0..n {
                for q in p + 1..n {
                    is_done &= rotate(&mut left, &mut right, p, q);
                }
            }
            if is_done {
                break;
            }
        }
        let values: Vec<f64> = left.0.iter().map(|column| norm(column)).collect();
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
        let picked = |columns: &Self| Self(order.iter().map(|&at| columns.0[at].clone()).collect());
        Singular {
            values: order.iter().map(|&at| values[at]).collect(),
            left: picked(&left).orthonormal(),
            right: picked(&right),
        }
    }
}

/// Singular values of a matrix and their vectors.
pub(super) struct Singular {
    /// Values, falling.
    pub(super) values: Vec<f64>,
    /// Vectors on the left, orthonormal.
    pub(super) left: Columns,
    /// Vectors on the right, orthonormal.
    pub(super) right: Columns,
}

/// Turns two columns so that they are orthogonal, and those on the right with them; whether they
/// were before.
fn rotate(left: &mut Columns, right: &mut Columns, p: usize, q: usize) -> bool {
    let (a, b) = (&left.0[p], &left.0[q]);
    let (alpha, beta, gamma) = (dot(a, a), dot(b, b), dot(a, b));
    if gamma.abs() <= ORTHOGONAL * (alpha * beta).sqrt() {
        return true;
    }
    let zeta = (beta - alpha) / (2.0 * gamma);
    let tangent = zeta.signum() / (zeta.abs() + 1.0_f64.hypot(zeta));
    let cosine = 1.0 / 1.0_f64.hypot(tangent);
    let sine = cosine * tangent;
    for columns in [left, right] {
        let (low, high) = columns.0.split_at_mut(q);
        for (x, y) in low[p].iter_mut().zip(&mut high[0]) {
            (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
        }
    }
    false
}

/// The unit vector along an axis.
fn unit(axis: usize, n_rows: usize) -> Vec<f64> {
    (0..n_rows)
        .map(|row| f64::from(u8::from(row == axis)))
        .collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

fn add(sum: &mut [f64], other: &[f64], weight: f64) {
    for (sum, value) in sum.iter_mut().zip(other) {
        *sum += weight * value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(n: usize, n_rows: usize) -> Columns {
        let value = |column: usize, row: usize| ((column * 131 + row * 17 + 5) as f64 * 0.37).sin();
        let column = |at: usize| (0..n_rows).map(|row| value(at, row)).collect();
        Columns((0..n).map(column).collect())
    }

    fn is_orthonormal(columns: &Columns) -> bool {
        columns.0.iter().enumerate().all(|(i, a)| {
            let mut others = columns.0.iter().enumerate();
            others.all(|(j, b)| (dot(a, b) - f64::from(u8::from(i == j))).abs() < 1e-12)
        })
    }

    /// Put together again, the parts are the matrix; with columns that lie in each other's span too.
    #[test]
    fn singular_values_and_vectors_make_the_matrix() {
        let mut singular = columns(5, 5);
        singular.0[3] = singular.0[1].iter().map(|value| 2.0 * value).collect();
        for matrix in [columns(1, 4), columns(6, 6), columns(7, 12), singular] {
            let Singular {
                values,
                left,
                right,
            } = matrix.singular();
            assert!(is_orthonormal(&left) && is_orthonormal(&right));
            assert!(values.is_sorted_by(|a, b| a >= b));
            for (at, column) in matrix.0.iter().enumerate() {
                for (row, wanted) in column.iter().enumerate() {
                    let terms = values.iter().zip(&left.0).zip(&right.0);
                    let sum: f64 = terms.map(|((s, u), v)| s * u[row] * v[at]).sum();
                    assert!((sum - wanted).abs() < 1e-12, "{sum} {wanted}");
                }
            }
        }
    }

    #[test]
    fn a_basis_is_orthonormal_whatever_it_is_made_of() {
        let mut same = columns(4, 6);
        same.0[2] = same.0[0].clone();
        same.0[3] = vec![0.0; 6];
        for columns in [columns(5, 8), same, Columns(vec![vec![0.0; 3]; 3])] {
            let n = columns.0.len();
            let basis = columns.orthonormal();
            assert!(basis.0.len() == n && is_orthonormal(&basis));
        }
    }
}
