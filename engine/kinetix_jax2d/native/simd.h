// Vectors: as many lanes of f32 as the processor at hand has, with one code for all of them.
//
// Arithmetic and comparisons are the compiler's own vector types. Only what those lack is named
// here, once per instruction set: fused multiply-add, square root, lane masks, and the transposes
// that turn records of four floats into one vector per component and back.
//
// A lane never looks at another lane, so results do not depend on the number of lanes.
#pragma once

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#endif

// With AVX-512 eight lanes are as fast as sixteen: much of the work is moving records to lanes and
// back, and shorter vectors leave fewer idle lanes.
#if !defined(KINETIX_LANES) && defined(__AVX2__) && defined(__FMA__)
#define KINETIX_LANES 8
#elif !defined(KINETIX_LANES)
#define KINETIX_LANES 4
#endif

#define INLINE inline __attribute__((always_inline))

namespace kinetix {

constexpr int LANES = KINETIX_LANES;
constexpr int QUADS = LANES / 4;  // records of four floats in one vector

typedef float vec __attribute__((vector_size(4 * LANES)));
typedef int32_t ivec __attribute__((vector_size(4 * LANES)));
typedef float quad __attribute__((vector_size(16)));  // four floats that belong to one thing
typedef int32_t iquad __attribute__((vector_size(16)));
typedef vec unaligned_vec __attribute__((aligned(4), may_alias));
typedef quad unaligned_quad __attribute__((aligned(4), may_alias));

INLINE vec load(const float* from) { return *reinterpret_cast<const unaligned_vec*>(from); }
INLINE void store(float* to, vec value) { *reinterpret_cast<unaligned_vec*>(to) = value; }
INLINE quad load_quad(const float* from) { return *reinterpret_cast<const unaligned_quad*>(from); }
INLINE void store_quad(float* to, quad value) { *reinterpret_cast<unaligned_quad*>(to) = value; }

template <int i0, int i1, int i2, int i3>
INLINE quad quad_swizzle(quad a) {
#if defined(__SSE__)
  return _mm_shuffle_ps(a, a, _MM_SHUFFLE(i3, i2, i1, i0));
#else
  return quad{a[i0], a[i1], a[i2], a[i3]};
#endif
}

// The last two floats of a quad.
INLINE double high_pair(quad a) {
  typedef double pairs __attribute__((vector_size(16)));
  return ((pairs)a)[1];
}

// Where a record lies behind the start of an array, in bytes.
typedef uint32_t Offset;
INLINE unaligned_quad& quad_at(void* array, Offset offset) {
  return *reinterpret_cast<unaligned_quad*>(static_cast<char*>(array) + offset);
}
INLINE const unaligned_quad& quad_at(const void* array, Offset offset) {
  return *reinterpret_cast<const unaligned_quad*>(static_cast<const char*>(array) + offset);
}

// Two floats that are moved together.
typedef double unaligned_pair __attribute__((aligned(4), may_alias));
INLINE unaligned_pair& pair_at(void* array, Offset offset) {
  return *reinterpret_cast<unaligned_pair*>(static_cast<char*>(array) + offset);
}
INLINE const unaligned_pair& pair_at(const void* array, Offset offset) {
  return *reinterpret_cast<const unaligned_pair*>(static_cast<const char*>(array) + offset);
}

// ---------------------------------------------------------------- what differs per processor

#if KINETIX_LANES == 8

INLINE vec splat(float x) { return _mm256_set1_ps(x); }
INLINE vec fma(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); }
INLINE vec sqrt(vec a) { return _mm256_sqrt_ps(a); }
INLINE uint32_t bits_of(ivec mask) { return _mm256_movemask_ps((__m256)mask); }
INLINE uint32_t bits_less_equal(vec a, vec b) {
  return _mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_LE_OQ));
}
template <int i0, int i1, int i2, int i3>
INLINE vec swizzle(vec a) {
  return _mm256_permute_ps(a, _MM_SHUFFLE(i3, i2, i1, i0));
}
INLINE vec unpack_low(vec a, vec b) { return _mm256_unpacklo_ps(a, b); }
INLINE vec unpack_high(vec a, vec b) { return _mm256_unpackhi_ps(a, b); }
INLINE vec low_halves(vec a, vec b) { return _mm256_shuffle_ps(a, b, 0x44); }
INLINE vec high_halves(vec a, vec b) { return _mm256_shuffle_ps(a, b, 0xEE); }
INLINE vec collect(const void* from, const Offset* offset, int r) {
  return _mm256_insertf128_ps(_mm256_castps128_ps256(quad_at(from, offset[r])),
                              quad_at(from, offset[r + 4]), 1);
}
INLINE void deal(vec row, void* to, const Offset* offset, int r) {
  quad_at(to, offset[r]) = _mm256_castps256_ps128(row);
  quad_at(to, offset[r + 4]) = _mm256_extractf128_ps(row, 1);
}
INLINE vec lookup(const float* from, const int32_t* i) {
  return _mm256_setr_ps(from[i[0]], from[i[1]], from[i[2]], from[i[3]], from[i[4]], from[i[5]],
                        from[i[6]], from[i[7]]);
}
// Two floats of lanes r and r + 1, then of r + 4 and r + 5.
INLINE vec collect_two(const void* from, const Offset* offset, int r) {
  __m128d low = {pair_at(from, offset[r]), pair_at(from, offset[r + 1])};
  __m128d high = {pair_at(from, offset[r + 4]), pair_at(from, offset[r + 5])};
  return (vec)_mm256_insertf128_pd(_mm256_castpd128_pd256(low), high, 1);
}
INLINE void deal_two(vec row, void* to, const Offset* offset, int r) {
  __m128d low = _mm_castps_pd(_mm256_castps256_ps128(row));
  __m128d high = _mm_castps_pd(_mm256_extractf128_ps(row, 1));
  pair_at(to, offset[r]) = low[0];
  pair_at(to, offset[r + 1]) = low[1];
  pair_at(to, offset[r + 4]) = high[0];
  pair_at(to, offset[r + 5]) = high[1];
}
INLINE vec evens(vec a, vec b) { return _mm256_shuffle_ps(a, b, 0x88); }
INLINE vec odds(vec a, vec b) { return _mm256_shuffle_ps(a, b, 0xDD); }
INLINE void spread(const vec row[4], quad* to) {
  float* out = reinterpret_cast<float*>(to);
  store(out, _mm256_permute2f128_ps(row[0], row[1], 0x20));
  store(out + 8, _mm256_permute2f128_ps(row[2], row[3], 0x20));
  store(out + 16, _mm256_permute2f128_ps(row[0], row[1], 0x31));
  store(out + 24, _mm256_permute2f128_ps(row[2], row[3], 0x31));
}

#else  // four lanes: SSE, NEON, or whatever the compiler makes of it

INLINE vec splat(float x) { return vec{x, x, x, x}; }
INLINE vec fma(vec a, vec b, vec c) {
#if defined(__ARM_NEON) && defined(__aarch64__)
  return (vec)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#elif defined(__FMA__)
  return _mm_fmadd_ps(a, b, c);
#else
  return a * b + c;
#endif
}
INLINE vec sqrt(vec a) {
#if defined(__ARM_NEON) && defined(__aarch64__)
  return (vec)vsqrtq_f32((float32x4_t)a);
#elif defined(__SSE__)
  return _mm_sqrt_ps(a);
#else
  return vec{__builtin_sqrtf(a[0]), __builtin_sqrtf(a[1]), __builtin_sqrtf(a[2]),
             __builtin_sqrtf(a[3])};
#endif
}
INLINE uint32_t bits_of(ivec mask) {
#if defined(__SSE__)
  return _mm_movemask_ps((__m128)mask);
#else
  return (mask[0] & 1) | (mask[1] & 2) | (mask[2] & 4) | (mask[3] & 8);
#endif
}
INLINE uint32_t bits_less_equal(vec a, vec b) { return bits_of(a <= b); }
template <int i0, int i1, int i2, int i3>
INLINE vec swizzle(vec a) {
  return vec{a[i0], a[i1], a[i2], a[i3]};
}
INLINE vec unpack_low(vec a, vec b) { return vec{a[0], b[0], a[1], b[1]}; }
INLINE vec unpack_high(vec a, vec b) { return vec{a[2], b[2], a[3], b[3]}; }
INLINE vec low_halves(vec a, vec b) { return vec{a[0], a[1], b[0], b[1]}; }
INLINE vec high_halves(vec a, vec b) { return vec{a[2], a[3], b[2], b[3]}; }
INLINE vec collect(const void* from, const Offset* offset, int r) {
  return quad_at(from, offset[r]);
}
INLINE void deal(vec row, void* to, const Offset* offset, int r) { quad_at(to, offset[r]) = row; }
INLINE vec lookup(const float* from, const int32_t* i) {
  return vec{from[i[0]], from[i[1]], from[i[2]], from[i[3]]};
}
INLINE vec collect_two(const void* from, const Offset* offset, int r) {
  typedef double pairs __attribute__((vector_size(16)));
  return (vec)pairs{pair_at(from, offset[r]), pair_at(from, offset[r + 1])};
}
INLINE void deal_two(vec row, void* to, const Offset* offset, int r) {
  typedef double pairs __attribute__((vector_size(16)));
  pair_at(to, offset[r]) = ((pairs)row)[0];
  pair_at(to, offset[r + 1]) = ((pairs)row)[1];
}
INLINE vec evens(vec a, vec b) { return vec{a[0], a[2], b[0], b[2]}; }
INLINE vec odds(vec a, vec b) { return vec{a[1], a[3], b[1], b[3]}; }
INLINE void spread(const vec row[4], quad* to) {
  for (int r = 0; r < 4; ++r) to[r] = row[r];
}

#endif

// ------------------------------------------------------------------------------ common words

INLINE vec as_float(ivec a) { return (vec)a; }
INLINE ivec as_int(vec a) { return (ivec)a; }
INLINE ivec isplat(int32_t x) { return ivec{} + x; }
INLINE vec lane_numbers() {
  vec v = splat(0);
  for (int i = 0; i < LANES; ++i) v[i] = i;
  return v;
}

// Both pass a NaN in `x` on, as the published engine does; a NaN bound is ignored.
INLINE vec at_least(vec x, vec low) { return low > x ? low : x; }
INLINE vec at_most(vec x, vec high) { return high < x ? high : x; }
// The upper bound wins where the bounds are in the wrong order.
INLINE vec clamp(vec x, vec low, vec high) { return at_most(at_least(x, low), high); }
INLINE vec absolute(vec x) { return as_float(as_int(x) & 0x7fffffff); }
// 1 where x is exactly 0, otherwise x: the guard of every denominator.
INLINE vec nonzero(vec x) { return x == 0.0f ? splat(1) : x; }

INLINE vec dot(vec ax, vec ay, vec bx, vec by) { return fma(ax, bx, ay * by); }
INLINE vec cross(vec ax, vec ay, vec bx, vec by) { return fma(ax, by, -(ay * bx)); }
INLINE vec length_of(vec x, vec y) { return sqrt(dot(x, y, x, y)); }

struct Point {
  vec x, y;
};
INLINE Point rotate(vec cosine, vec sine, vec x, vec y) {
  return {fma(cosine, x, -(sine * y)), fma(sine, x, cosine * y)};
}
INLINE Point unrotate(vec cosine, vec sine, vec x, vec y) {
  return {fma(cosine, x, sine * y), fma(cosine, y, -(sine * x))};
}

// Turns four rows as `collect` makes them into one vector per component, or back: quad b of row r
// belongs to lane 4 b + r.
INLINE void transpose(vec rows[4]) {
  vec ab = unpack_low(rows[0], rows[1]), cd = unpack_low(rows[2], rows[3]);
  vec AB = unpack_high(rows[0], rows[1]), CD = unpack_high(rows[2], rows[3]);
  rows[0] = low_halves(ab, cd);
  rows[1] = high_halves(ab, cd);
  rows[2] = low_halves(AB, CD);
  rows[3] = high_halves(AB, CD);
}

// One vector per component of the quads at `offset[lane]`.
INLINE void gather(const void* from, const Offset* offset, vec out[4]) {
  for (int r = 0; r < 4; ++r) out[r] = collect(from, offset, r);
  transpose(out);
}

// The first two components of the quads at `offset[lane]`, and back.
INLINE Point gather_two(const void* from, const Offset* offset) {
  vec a = collect_two(from, offset, 0), b = collect_two(from, offset, 2);
  return {evens(a, b), odds(a, b)};
}
INLINE void scatter_two_to(Point p, void* to, const Offset* offset) {
  deal_two(unpack_low(p.x, p.y), to, offset, 0);
  deal_two(unpack_high(p.x, p.y), to, offset, 2);
}

// Writes one quad per lane, one after the other.
INLINE void scatter(vec x, vec y, vec z, vec w, quad* to) {
  vec rows[4] = {x, y, z, w};
  transpose(rows);
  spread(rows, to);
}

// Writes the quads at `offset[lane]`.
INLINE void scatter_to(vec x, vec y, vec z, vec w, void* to, const Offset* offset) {
  vec rows[4] = {x, y, z, w};
  transpose(rows);
  for (int r = 0; r < 4; ++r) deal(rows[r], to, offset, r);
}

// The same quad in all places.
INLINE vec repeat(quad a) {
  vec v;
  for (int i = 0; i < LANES; ++i) v[i] = a[i & 3];
  return v;
}

// Offsets of consecutive quads.
struct Consecutive {
  alignas(64) Offset offset[LANES];
  Consecutive() {
    for (int lane = 0; lane < LANES; ++lane) offset[lane] = sizeof(quad) * lane;
  }
};

// One bit per lane of a mask.
INLINE int quad_bits(iquad mask) {
#if defined(__SSE__)
  return _mm_movemask_ps((__m128)mask);
#else
  return (mask[0] & 1) | (mask[1] & 2) | (mask[2] & 4) | (mask[3] & 8);
#endif
}

INLINE int lowest_bit(uint64_t bits) { return __builtin_ctzll(bits); }
INLINE int count_bits(uint64_t bits) { return __builtin_popcountll(bits); }
INLINE int round_up(int n, int multiple) { return (n + multiple - 1) / multiple * multiple; }

}  // namespace kinetix
