//! Deviations from the mean, of one number and of pairs.

use arrow::datatypes::DataType;
use datafusion::logical_expr::{Case, Expr};

use super::sums::average_of;
use super::{double, fold, one_double};
use crate::error::Result;
use crate::functions::Call;
use crate::functions::kernels::statistics::{doubles, moments, pairs};
use crate::plan::typed::Typed;

#[derive(Debug, Clone, Copy)]
pub(super) enum Moment {
    StddevSamp,
    StddevPop,
    VarSamp,
    VarPop,
    Skewness,
    Kurtosis,
}

pub(super) fn moment(call: &Call<'_>, moment: Moment) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = double(call, 0)?;
    Ok(fold(
        call,
        (call.name, format!("{moment:?}")),
        &[arg],
        (DataType::Float64, true),
        1,
        move |columns| {
            let all = moments(doubles(columns, 0)?);
            let (n, m2) = (all.n, all.m2);
            one_double(match moment {
                _ if n == 0.0 => None,
                Moment::StddevSamp => (n > 1.0).then(|| (m2 / (n - 1.0)).sqrt()),
                Moment::VarSamp => (n > 1.0).then(|| m2 / (n - 1.0)),
                Moment::StddevPop => Some((m2 / n).sqrt()),
                Moment::VarPop => Some(m2 / n),
                Moment::Skewness => (m2 != 0.0).then(|| n.sqrt() * all.m3 / (m2 * m2 * m2).sqrt()),
                Moment::Kurtosis => (m2 != 0.0).then(|| n * all.m4 / (m2 * m2) - 3.0),
            })
        },
    ))
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Pair {
    Corr,
    CovarPop,
    CovarSamp,
    RegrIntercept,
    RegrR2,
    RegrSlope,
    RegrSxx,
    RegrSxy,
    RegrSyy,
}

/// Aggregates of two numbers; of the `regr_` ones the second is the independent one.
pub(super) fn pair(call: &Call<'_>, pair: Pair) -> Result<Typed> {
    call.arity(2..=2)?;
    let args = [double(call, 0)?, double(call, 1)?];
    Ok(fold(
        call,
        (call.name, format!("{pair:?}")),
        &args,
        (DataType::Float64, true),
        2,
        move |columns| {
            let (first, second) = (doubles(columns, 0)?, doubles(columns, 1)?);
            let all = match pair {
                Pair::Corr | Pair::CovarPop | Pair::CovarSamp => pairs(first, second),
                _ => pairs(second, first),
            };
            one_double(match pair {
                _ if all.n == 0.0 => None,
                Pair::Corr => {
                    let spread = (all.xx * all.yy).sqrt();
                    (all.n > 1.0 && spread != 0.0).then(|| all.xy / spread)
                }
                Pair::CovarPop => Some(all.xy / all.n),
                Pair::CovarSamp => (all.n > 1.0).then(|| all.xy / (all.n - 1.0)),
                Pair::RegrSlope => (all.n > 1.0 && all.xx != 0.0).then(|| all.xy / all.xx),
                Pair::RegrIntercept => {
                    (all.xx != 0.0).then(|| all.y_mean - all.xy / all.xx * all.x_mean)
                }
                Pair::RegrR2 if all.xx == 0.0 => None,
                Pair::RegrR2 if all.yy == 0.0 => Some(1.0),
                Pair::RegrR2 => Some(all.xy * all.xy / all.xx / all.yy),
                Pair::RegrSxx => Some(all.xx),
                Pair::RegrSxy => Some(all.xy),
                Pair::RegrSyy => Some(all.yy),
            })
        },
    ))
}

pub(super) fn regr_average(call: &Call<'_>, index: usize) -> Result<Typed> {
    call.arity(2..=2)?;
    for place in 0..2 {
        double(call, place)?;
    }
    let value = match &call.arg(index)?.data_type {
        DataType::Decimal128(..) => call.arg(index)?.clone(),
        _ => double(call, index)?,
    };
    let both = crate::functions::and(
        Expr::IsNotNull(Box::new(call.arg(0)?.expr.clone())),
        Expr::IsNotNull(Box::new(call.arg(1)?.expr.clone())),
    );
    let branch = (Box::new(both), Box::new(value.expr));
    let expr = Expr::Case(Case::new(None, vec![branch], None));
    average_of(call, Typed::new(expr, value.data_type, true, ""), false)
}
