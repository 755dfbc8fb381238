// Contacts of two polygons: spec/physics.md 5.3. First the axis of least penetration of all close
// pairs, then contact points of those that overlap.
#pragma once

#include "functions.h"
#include "pairs.h"

namespace kinetix {

struct Shape {
  vec pose[4];  // x, y, cosine, sine
  vec normal_x[4], normal_y[4], support[4];
  vec world_x[4], world_y[4];
};

INLINE void gather_shape(const Chunk& chunk, const Offset* body, Shape& shape) {
  gather(chunk.pose, body, shape.pose);
  gather(chunk.normal_x, body, shape.normal_x);
  gather(chunk.normal_y, body, shape.normal_y);
  gather(chunk.support, body, shape.support);
  gather(chunk.world_x, body, shape.world_x);
  gather(chunk.world_y, body, shape.world_y);
}

struct Frame {
  vec x[4], y[4];
};

// Vertices of one polygon in the frame of another. Slot 3 of a triangle repeats slot 0.
INLINE Frame in_frame(const vec pose[4], const vec world_x[4], const vec world_y[4]) {
  Frame frame;
  for (int j = 0; j < 4; ++j) {
    Point local = unrotate(pose[2], pose[3], world_x[j] - pose[0], world_y[j] - pose[1]);
    frame.x[j] = local.x;
    frame.y[j] = local.y;
  }
  return frame;
}

struct Separation {
  vec distance;
  ivec face;
};

// 5.3a: the face of x from which y stands out furthest, the first one on ties.
INLINE Separation separate(const Shape& x, const Shape& y) {
  Frame other = in_frame(x.pose, y.world_x, y.world_y);
  Separation best = {splat(-99999), isplat(0)};
  for (int i = 0; i < 4; ++i) {
    vec nearest = dot(x.normal_x[i], x.normal_y[i], other.x[0], other.y[0]);
    for (int j = 1; j < 4; ++j)
      nearest = at_most(nearest, dot(x.normal_x[i], x.normal_y[i], other.x[j], other.y[j]));
    vec distance = nearest - x.support[i];
    ivec better = distance > best.distance;
    best.distance = better ? distance : best.distance;
    best.face = better ? isplat(i) : best.face;
  }
  return best;
}

// 5.3b. The first polygon is preferred unless the second stands out by 0.01 m more.
inline void find_overlaps(Chunk& chunk) {
  const PairList& pairs = chunk.pairs[POLYGON_POLYGON];
  OverlapList& list = chunk.overlaps;
  list.count = 0;
  for (int v = 0; v < pairs.count; v += LANES) {
    Shape a, b;
    PairOffsets bodies = locate(chunk, pairs.code + v);
    gather_shape(chunk, bodies.first, a);
    gather_shape(chunk, bodies.second, b);
    Separation from_a = separate(a, b), from_b = separate(b, a);
    ivec second_is_reference = from_a.distance + 0.01f < from_b.distance;
    vec top = at_least(from_b.distance, from_a.distance);
    ivec face = second_is_reference ? from_b.face : from_a.face;

    alignas(64) int32_t flipped[LANES], faces[LANES];
    alignas(64) float tops[LANES];
    memcpy(flipped, &second_is_reference, sizeof flipped);
    memcpy(faces, &face, sizeof faces);
    memcpy(tops, &top, sizeof tops);
    uint32_t overlap = bits_of(top < 0.0f);
    if (pairs.count - v < LANES) overlap &= (1u << (pairs.count - v)) - 1;
    for (; overlap; overlap &= overlap - 1) {
      int lane = lowest_bit(overlap), i = list.count++;
      bool flip = flipped[lane];
      list.reference[i] = flip ? bodies.second[lane] : bodies.first[lane];
      list.incident[i] = flip ? bodies.first[lane] : bodies.second[lane];
      list.face[i] = faces[lane];
      list.flipped[i] = flip;
      list.code[i] = pairs.code[v + lane];
      list.separation[i] = tops[lane];
    }
  }
  for (int l = 0; l < LANES; ++l) {
    list.reference[list.count + l] = list.incident[list.count + l] = chunk.idle_body;
    list.face[list.count + l] = list.flipped[list.count + l] = 0;
    list.separation[list.count + l] = 0;
  }
}

// a[index] for an index of 0..3 in each lane.
INLINE vec pick(const vec a[4], ivec index) {
  vec low = (index & 1) != 0 ? a[1] : a[0], high = (index & 1) != 0 ? a[3] : a[2];
  return index > 1 ? high : low;
}

// The two vertices of the incident polygon that lie deepest, the deepest first; earlier on ties.
INLINE void deepest_two(const Shape& reference, const Shape& incident, ivec face, Point out[2]) {
  Frame frame = in_frame(reference.pose, incident.world_x, incident.world_y);
  vec normal_x = pick(reference.normal_x, face), normal_y = pick(reference.normal_y, face);
  ivec triangle = incident.support[3] >= UNUSED_FACE;
  vec first = splat(1e31f), second = splat(1e31f);
  out[0] = out[1] = {incident.world_x[0], incident.world_y[0]};
  for (int j = 0; j < 4; ++j) {
    vec along = dot(normal_x, normal_y, frame.x[j], frame.y[j]);
    if (j == 3) along = triangle ? splat(1e31f) : along;
    ivec is_first = along < first, is_second = along < second;
    second = is_first ? first : is_second ? along : second;
    out[1].x = is_first ? out[0].x : is_second ? incident.world_x[j] : out[1].x;
    out[1].y = is_first ? out[0].y : is_second ? incident.world_y[j] : out[1].y;
    first = is_first ? along : first;
    out[0].x = is_first ? incident.world_x[j] : out[0].x;
    out[0].y = is_first ? incident.world_y[j] : out[0].y;
  }
}

// Notes that a pair touches, at a point of Chunk::geometry.
INLINE void add_found(Chunk& chunk, List list, PairCode code, int point) {
  const Sizes& sizes = chunk.sizes;
  int table = list == SECOND_SLOTS ? (int)POLYGON_POLYGON : (int)list;
  int row = sizes.row_base[table][first_of(code)] + second_of(code);
  uint32_t* flags = chunk.scene_touching(scene_of(code)) + sizes.lists[list].first_word;
  flags[row >> 5] |= 1u << (row & 31);
  if (list != SECOND_SLOTS)
    chunk.rows[scene_of(code)]
        .touching[chunk.step * sizes.pairs + sizes.first_pair[table] + row] = 1;
  FoundList& found = chunk.found[list];
  int i = found.count++;
  found.code[i] = code;
  found.row[i] = row;
  found.point[i] = point;
}

// 5.3c to 5.3f, and records of the contacts.
inline void collide_polygons(Chunk& chunk) {
  find_overlaps(chunk);
  const OverlapList& list = chunk.overlaps;
  for (int v = 0; v < list.count; v += LANES) {
    Shape reference, incident;
    gather_shape(chunk, list.reference + v, reference);
    gather(chunk.support, list.incident + v, incident.support);
    gather(chunk.world_x, list.incident + v, incident.world_x);
    gather(chunk.world_y, list.incident + v, incident.world_y);
    ivec face, flipped;
    memcpy(&face, list.face + v, sizeof face);
    memcpy(&flipped, list.flipped + v, sizeof flipped);

    ivec successor = (face + 1) & 3;  // slot 3 of a triangle is its vertex 0
    vec start_x = pick(reference.world_x, face), start_y = pick(reference.world_y, face);
    vec back_x = start_x - pick(reference.world_x, successor);
    vec back_y = start_y - pick(reference.world_y, successor);
    vec length = length_of(back_x, back_y);
    Point normal = rotate(reference.pose[2], reference.pose[3], pick(reference.normal_x, face),
                          pick(reference.normal_y, face));
    normal.x = flipped != 0 ? -normal.x : normal.x;
    normal.y = flipped != 0 ? -normal.y : normal.y;

    // In the frame of the face, y runs along it from 0 to its length and x is the depth. The angle
    // is rounded as in the published engine, because ties between two vertices hang on it.
    SinCos turn = sincos(atan2(back_x, back_y) + 3.14159274f);
    Point vertex[2];
    deepest_two(reference, incident, face, vertex);
    vec depth[2];
    for (int i = 0; i < 2; ++i) {
      Point local = rotate(turn.cos, turn.sin, vertex[i].x - start_x, vertex[i].y - start_y);
      depth[i] = local.x;
      vec along = clamp(local.y, splat(0), length);  // a clamp, not a clip: x stays as it is
      Point world = unrotate(turn.cos, turn.sin, depth[i], along);
      vertex[i] = {world.x + start_x, world.y + start_y};
    }
    ivec swap = depth[0] < depth[1];
    uint32_t both = bits_of((depth[0] > 0.0f) & (depth[1] > 0.0f));

    int first = chunk.first_point[POLYGON_POLYGON] + v;
    int second = chunk.first_point[SECOND_SLOTS] + v;
    scatter(normal.x, normal.y, swap ? vertex[1].x : vertex[0].x, swap ? vertex[1].y : vertex[0].y,
            chunk.geometry + first);
    scatter(normal.x, normal.y, swap ? vertex[0].x : vertex[1].x, swap ? vertex[0].y : vertex[1].y,
            chunk.geometry + second);
    vec overlap = -load(list.separation + v);  // the same for both points
    store(chunk.depth + first, overlap);
    store(chunk.depth + second, overlap);
    for (int lane = 0; lane < LANES && v + lane < list.count; ++lane) {
      PairCode code = list.code[v + lane];
      add_found(chunk, (List)POLYGON_POLYGON, code, first + lane);
      if (both >> lane & 1) add_found(chunk, SECOND_SLOTS, code, second + lane);
    }
  }
}

}  // namespace kinetix
