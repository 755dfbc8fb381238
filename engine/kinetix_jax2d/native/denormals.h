// The processor's mode for denormal numbers.
#pragma once

#include "simd.h"

namespace kinetix {

// Denormal numbers are flushed to zero while a FlushDenormals lives: a few per cent of real
// scenes hold some, each of which would slow its neighbours down, and the caller's own mode would
// otherwise decide about bits of the result.
class FlushDenormals {
 public:
#if defined(__SSE__)
  FlushDenormals() : saved_(_mm_getcsr()) { _mm_setcsr((saved_ | 0x8040u) & ~0x6000u); }
  ~FlushDenormals() { _mm_setcsr(saved_); }

 private:
  unsigned saved_;
#elif defined(__aarch64__)
  FlushDenormals() {
    asm volatile("mrs %0, fpcr" : "=r"(saved_));
    asm volatile("msr fpcr, %0" : : "r"((saved_ | (1ull << 24)) & ~(3ull << 22)));
  }
  ~FlushDenormals() { asm volatile("msr fpcr, %0" : : "r"(saved_)); }

 private:
  uint64_t saved_;
#else
  FlushDenormals() {}
#endif
};

}  // namespace kinetix
