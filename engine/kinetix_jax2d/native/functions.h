// Sine, cosine, arc tangent and hyperbolic tangent of vectors, to about one unit in the last place
// of 1. The library's functions work on one number at a time.
#pragma once

#include "simd.h"

namespace kinetix {

struct SinCos {
  vec sin, cos;
};

// x = k pi/2 + r. pi/2 is subtracted in three parts, so that r keeps its digits up to some
// hundred thousand radians; beyond that the result is rough but stays within [-1, 1].
INLINE SinCos sincos(vec x) {
  const vec magic = splat(12582912.0f);  // 1.5 * 2^23: adding it rounds to a whole number
  vec shifted = fma(x, splat(0.636619772f), magic);
  vec k = shifted - magic;
  ivec quadrant = as_int(shifted);
  vec r = fma(k, splat(-1.57079625f), x);
  r = fma(k, splat(-7.54978942e-08f), r);
  r = fma(k, splat(-5.39030253e-15f), r);
  r = clamp(r, splat(-0.8f), splat(0.8f));

  vec z = r * r;
  vec s = fma(fma(splat(-1.950431615e-04f), z, splat(8.332083002e-03f)), z,
              splat(-1.666665375e-01f));
  s = fma(s * z, r, r);
  vec c = fma(fma(splat(2.442388723e-05f), z, splat(-1.388724311e-03f)), z,
              splat(4.166664556e-02f));
  c = fma(c * z, z, fma(splat(-0.5f), z, splat(1)));

  ivec odd = (quadrant & 1) != 0;
  vec sine = odd ? c : s, cosine = odd ? s : c;
  sine = as_float(as_int(sine) ^ ((quadrant & 2) << 30));
  cosine = as_float(as_int(cosine) ^ (((quadrant + 1) & 2) << 30));
  return {sine, cosine};
}

// The angle of the point (x, y), in [-pi, pi]; 0 for the origin.
INLINE vec atan2(vec y, vec x) {
  vec ax = absolute(x), ay = absolute(y);
  vec large = ay > ax ? ay : ax, small = ay > ax ? ax : ay;
  // Where the ratio is above tan(pi/8), atan(t) = pi/4 + atan((t - 1) / (t + 1)).
  ivec upper = small > 0.414213562f * large;
  vec t = (upper ? small - large : small) / nonzero(upper ? small + large : large);
  vec z = t * t;
  vec p = fma(fma(fma(splat(8.011624217e-02f), z, splat(-1.386573911e-01f)), z,
                  splat(1.997671872e-01f)),
              z, splat(-3.333292603e-01f));
  vec angle = fma(p * z, t, t);
  angle = upper ? angle + 0.785398163f : angle;
  angle = ay > ax ? 1.57079637f - angle : angle;
  angle = x < 0.0f ? 3.14159274f - angle : angle;
  return as_float(as_int(angle) | (as_int(y) & (int32_t)0x80000000));
}

// tanh x = (1 - e) / (1 + e) with e = exp(-2 |x|) = 2^k 2^f.
INLINE vec tanh(vec x) {
  const vec magic = splat(12582912.0f);
  vec power = at_least(absolute(x) * -2.88539008f, splat(-40));  // -2 |x| log2(e)
  vec shifted = power + magic;
  vec f = power - (shifted - magic);  // in [-1/2, 1/2]
  vec p = fma(splat(1.54035304e-04f), f, splat(1.33335581e-03f));
  p = fma(p, f, splat(9.61812911e-03f));
  p = fma(p, f, splat(5.55041087e-02f));
  p = fma(p, f, splat(2.40226507e-01f));
  p = fma(p, f, splat(6.93147181e-01f));
  p = fma(p, f, splat(1));
  ivec k = as_int(shifted) - 0x4b400000;  // the whole number that was rounded to
  vec e = p * as_float((k + 127) << 23);
  vec result = (1.0f - e) / (1.0f + e);
  return as_float(as_int(result) | (as_int(x) & (int32_t)0x80000000));
}

}  // namespace kinetix
