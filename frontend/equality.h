// When two values are equal: the one answer behind `==`, `!=` and `in`.
#pragma once
#include "frontend/value.h"

namespace afdc {

/// - Values of different kinds differ; so do numbers of different dimensions, and a rounded number and an exact one.
/// - Records are equal when they are the same declaration: a name and a schema, or the very same object.
/// - Lists are equal when they are equally long and their items are equal, pair by pair.
/// - Distributions are equal when family and parameters are.
/// - What is known later (step expressions, results) is equal when it is the same expression.
/// A poison value equals nothing, not even itself.
bool equal(const Value& a, const Value& b);
/// The same, and counts in `compared` how many pairs were looked at. Lists that share their items are looked at once.
bool equal(const Value& a, const Value& b, size_t& compared);

}  // namespace afdc
