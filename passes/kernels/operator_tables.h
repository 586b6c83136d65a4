// Which measured table answers for an operator, and what it is asked: everything that depends on the families of tables
// and on the words of their layout (tables.h) is here. Tables are found once, for an operator's sizes on one device,
// and asked at every step without allocating.
#pragma once
#include <cstdint>
#include <optional>

#include "passes/kernels/measured.h"
#include "support/count.h"

namespace afdc::kernels {

/// How a product's weights are stored and multiplied, as tables tell it apart.
enum class Format : uint8_t {
  Bf16,
  Fp8,
  Fp8Block,   ///< a scale for each block of 128x128
  Fp4,        ///< NVFP4 with activations of four bits
  Mxfp4,      ///< MXFP4 that meets activations of eight bits
  Mxfp4Wide,  ///< MXFP4 widened for 16-bit arithmetic
};

/// A dense product of one weight, over its rows.
class ProductTable {
 public:
  struct Weight {
    Format format = Format::Bf16;
    double n = 0, k = 0;
  };
  /// FLOP/s of the arithmetic and B/s of the memory: between measured sites, utilisation of the roofline is taken.
  static std::optional<ProductTable> find(const Pack& pack, const Weight& weight, double peak, double bandwidth);
  /// `bound`: seconds of the roofline for these rows.
  Answer at(double rows, double bound) const { return curve_.at(rows, bound); }

 private:
  explicit ProductTable(GemmCurve curve) : curve_(std::move(curve)) {}
  GemmCurve curve_;
};

/// Attention, of prompts and of decodes.
class AttentionTables {
 public:
  struct Heads {
    double query = 0, kv = 0, dim = 0;
    bool fp8Cache = false, latent = false;
  };
  /// nullopt where neither phase was measured.
  static std::optional<AttentionTables> find(const Pack& pack, const Heads& heads);
  /// `count` sequences of `fresh` new tokens each, which see `past` tokens before them. nullopt: not measured.
  std::optional<Answer> prompts(double count, double fresh, double past) const;
  std::optional<Answer> decodes(double count, double fresh, double past) const;

 private:
  AttentionTables(const Grid* prompts, const Grid* decodes, double heads)
      : prompts_(prompts), decodes_(decodes), heads_(heads) {}
  const Grid *prompts_, *decodes_;
  double heads_;
};

/// The grouped products of a mixture of experts, over the tokens that enter a group of ranks.
class ExpertTable {
 public:
  struct Experts {
    Format format = Format::Bf16;
    Count count = 1, topK = 1;
    double skew = 0;                      ///< exponent of the power law of their popularity
    double hidden = 0, intermediate = 0;  ///< of one expert, whole
    Count etp = 1, ep = 1;
  };
  static std::optional<ExpertTable> find(const Pack& pack, const Experts& experts);
  /// Of one of the two products: tables have both and the activation between them.
  std::optional<Answer> at(double tokens) const;

 private:
  explicit ExpertTable(const Grid* grid) : grid_(grid) {}
  const Grid* grid_;
};

/// All-reduces of serving engines' own kernels inside a node.
class AllReduceTable {
 public:
  static std::optional<AllReduceTable> find(const Pack& pack, Count ranks);
  std::optional<Answer> at(double bytes) const;

 private:
  explicit AllReduceTable(const Grid* grid) : grid_(grid) {}
  const Grid* grid_;
};

}  // namespace afdc::kernels
