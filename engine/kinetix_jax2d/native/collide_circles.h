// Contacts of circles: with polygons (spec/physics.md 5.2) and with circles (5.1).
#pragma once

#include "collide_polygons.h"

namespace kinetix {

struct NearestEdge {
  vec x, y, distance_squared;
  ivec inside;
};

// The point of the polygon's outline nearest to (x, y), all in the polygon's frame.
INLINE NearestEdge nearest_edge(const Chunk& chunk, const Offset* polygon, vec x, vec y) {
  vec vertex_x[4], vertex_y[4], normal_x[4], normal_y[4], length[4], support[4];
  gather(chunk.local_x, polygon, vertex_x);
  gather(chunk.local_y, polygon, vertex_y);
  gather(chunk.normal_x, polygon, normal_x);
  gather(chunk.normal_y, polygon, normal_y);
  gather(chunk.edge_length, polygon, length);
  gather(chunk.support, polygon, support);
  ivec triangle = support[3] >= UNUSED_FACE;

  NearestEdge nearest;
  for (int i = 0; i < 4; ++i) {
    int next = (i + 1) & 3;
    vec dx = x - vertex_x[i], dy = y - vertex_y[i];
    // The direction of an edge is its normal turned by -90 degrees.
    vec along = clamp(cross(dx, dy, normal_x[i], normal_y[i]), splat(0), length[i]);
    vec foot_x = fma(along, normal_y[i], vertex_x[i]);
    vec foot_y = fma(along, -normal_x[i], vertex_y[i]);
    vec gap = dot(foot_x - x, foot_y - y, foot_x - x, foot_y - y);
    ivec inner = cross(-dx, -dy, vertex_x[next] - x, vertex_y[next] - y) < 0.0f;
    if (i == 0) {
      nearest = {foot_x, foot_y, gap, inner};
      continue;
    }
    ivec closer = gap < nearest.distance_squared;
    if (i == 3) {
      closer &= ~triangle;
      inner |= triangle;
    }
    nearest.x = closer ? foot_x : nearest.x;
    nearest.y = closer ? foot_y : nearest.y;
    nearest.distance_squared = closer ? gap : nearest.distance_squared;
    nearest.inside &= inner;
  }
  return nearest;
}

INLINE void record(Chunk& chunk, Table table, int v, ivec touch, vec nx, vec ny, vec px, vec py,
                   vec depth) {
  const PairList& pairs = chunk.pairs[table];
  int first = chunk.first_point[table] + v;
  scatter(nx, ny, px, py, chunk.geometry + first);
  store(chunk.depth + first, depth);
  uint32_t bits = bits_of(touch);
  if (pairs.count - v < LANES) bits &= (1u << (pairs.count - v)) - 1;
  for (; bits; bits &= bits - 1) {
    int lane = lowest_bit(bits);
    add_found(chunk, (List)table, pairs.code[v + lane], first + lane);
  }
}

inline void collide_circles_with_polygons(Chunk& chunk) {
  const PairList& pairs = chunk.pairs[CIRCLE_POLYGON];
  for (int v = 0; v < pairs.count; v += LANES) {
    vec circle[4], pose[4];  // x, y, angle, radius; x, y, cosine, sine
    PairOffsets bodies = locate(chunk, pairs.code + v);
    gather(chunk.place, bodies.first, circle);
    gather(chunk.pose, bodies.second, pose);
    Point centre = unrotate(pose[2], pose[3], circle[0] - pose[0], circle[1] - pose[1]);
    NearestEdge foot = nearest_edge(chunk, bodies.second, centre.x, centre.y);

    vec radius = circle[3];
    vec out_x = centre.x - foot.x, out_y = centre.y - foot.y;
    vec distance = length_of(out_x, out_y);
    ivec touch = (distance <= radius) | foot.inside;
    Point way = rotate(pose[2], pose[3], out_x, out_y);  // from the polygon to the circle
    way.x = foot.inside ? -way.x : way.x;
    way.y = foot.inside ? -way.y : way.y;
    vec length = nonzero(length_of(way.x, way.y));
    Point point = rotate(pose[2], pose[3], foot.x, foot.y);
    vec depth = foot.inside ? radius : radius - distance;
    record(chunk, CIRCLE_POLYGON, v, touch, -way.x / length, -way.y / length, point.x + pose[0],
           point.y + pose[1], depth);
  }
}

inline void collide_circles(Chunk& chunk) {
  const PairList& pairs = chunk.pairs[CIRCLE_CIRCLE];
  for (int v = 0; v < pairs.count; v += LANES) {
    vec a[4], b[4];
    PairOffsets bodies = locate(chunk, pairs.code + v);
    gather(chunk.place, bodies.first, a);
    gather(chunk.place, bodies.second, b);
    vec dx = b[0] - a[0], dy = b[1] - a[1];
    vec distance = length_of(dx, dy), reach = a[3] + b[3];
    vec normal_x = dx / nonzero(distance), normal_y = dy / nonzero(distance);
    record(chunk, CIRCLE_CIRCLE, v, distance < reach, normal_x, normal_y,
           fma(normal_x, a[3], a[0]), fma(normal_y, a[3], a[1]), reach - distance);
  }
}

}  // namespace kinetix
