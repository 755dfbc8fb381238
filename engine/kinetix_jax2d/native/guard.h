// Gaps between the arrays of a chunk.
#pragma once

#include <stdlib.h>

namespace kinetix {

// All arrays of a chunk share one piece of memory. A build that looks for mistakes (tests/engine)
// keeps them apart and tells AddressSanitizer what lies between them.
#ifdef KINETIX_GUARDED
constexpr size_t GAP = 1024;
extern "C" void __asan_poison_memory_region(const volatile void*, size_t);
extern "C" void __asan_unpoison_memory_region(const volatile void*, size_t);
inline void guard(const char* array, size_t bytes, size_t room) {
  __asan_unpoison_memory_region(array, bytes);
  __asan_poison_memory_region(array + bytes, room - bytes);
}
#else
constexpr size_t GAP = 0;
inline void guard(const char*, size_t, size_t) {}
#endif

}  // namespace kinetix
