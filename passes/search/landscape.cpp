#include "passes/search/landscape.h"

#include <algorithm>

namespace afdc {

namespace {

/// The first of `count` cells, so many a decade from `first`, that reaches up to x.
size_t cellOf(double x, double first, double perDecade, size_t count) {
  double at = std::ceil(perDecade * std::log10(x / first)) - 1;
  return static_cast<size_t>(std::clamp(at, 0.0, static_cast<double>(count) - 1));
}

}  // namespace

void Landscape::add(double tpot, double ttft, double throughput, uint64_t number, std::span<const uint32_t> ids) {
  if (!(tpot > 0 && ttft > 0 && throughput > 0) || tpot > tpotAt(kTpot - 1) || ttft > ttftAt(kTtft - 1)) return;
  if (cells_.empty()) cells_.resize(kTpot * kTtft);
  auto& cell = cells_[cellOf(tpot, 1e-3, 20, kTpot) * kTtft + cellOf(ttft, 1e-2, 5, kTtft)];
  if (throughput < cell.throughput || (throughput == cell.throughput && number > cell.number)) return;
  cell.throughput = throughput, cell.tpot = tpot, cell.number = number;
  cell.ids.assign(ids.begin(), ids.end());
}

void Landscape::add(const Landscape& other) {
  if (cells_.empty()) cells_.resize(kTpot * kTtft);
  for (size_t i = 0; i < other.cells_.size(); ++i)
    if (better(other.cells_[i], cells_[i])) cells_[i] = other.cells_[i];
}

void Landscape::put(size_t at, Cell cell) {
  if (cells_.empty()) cells_.resize(kTpot * kTtft);
  if (at < cells_.size()) cells_[at] = std::move(cell);
}

std::vector<const Landscape::Cell*> Landscape::reachable() const {
  std::vector<const Cell*> out(kTpot * kTtft, nullptr);
  if (cells_.empty()) return out;
  for (size_t i = 0; i < kTpot; ++i)
    for (size_t j = 0; j < kTtft; ++j) {
      const Cell* best = &cells_[i * kTtft + j];
      if (i > 0 && out[(i - 1) * kTtft + j] && better(*out[(i - 1) * kTtft + j], *best))
        best = out[(i - 1) * kTtft + j];
      if (j > 0 && out[i * kTtft + j - 1] && better(*out[i * kTtft + j - 1], *best)) best = out[i * kTtft + j - 1];
      out[i * kTtft + j] = best->empty() ? nullptr : best;
    }
  return out;
}

std::vector<const Landscape::Cell*> Landscape::front() const {
  std::vector<const Cell*> points, out;
  for (const auto& cell : cells_)
    if (!cell.empty()) points.push_back(&cell);
  std::sort(points.begin(), points.end(),
            [](const Cell* a, const Cell* b) { return a->tpot != b->tpot ? a->tpot < b->tpot : better(*a, *b); });
  for (const auto* p : points)
    if (out.empty() || p->throughput > out.back()->throughput) out.push_back(p);
  return out;
}

}  // namespace afdc
