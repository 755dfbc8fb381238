// Contacts of two polygons: spec/physics.md 5.3. First the axis of least penetration of all close
// pairs, then contact points of those that overlap.
#pragma once

#include "chunk.h"
#include "functions.h"

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
    gather_shape(chunk, pairs.first + v, a);
    gather_shape(chunk, pairs.second + v, b);
    Separation from_a = separate(a, b), from_b = separate(b, a);
    ivec second_is_reference = from_a.distance + 0.01f < from_b.distance;
    vec top = at_least(from_b.distance, from_a.distance);
    ivec face = second_is_reference ? from_b.face : from_a.face;

    uint32_t overlap = bits_of(top < 0.0f);
    if (pairs.count - v < LANES) overlap &= (1u << (pairs.count - v)) - 1;
    for (; overlap; overlap &= overlap - 1) {
      int lane = lowest_bit(overlap), i = list.count++, pair = v + lane;
      bool flipped = second_is_reference[lane];
      list.reference[i] = flipped ? pairs.second[pair] : pairs.first[pair];
      list.incident[i] = flipped ? pairs.first[pair] : pairs.second[pair];
      list.face[i] = face[lane];
      list.flipped[i] = flipped;
      list.pair[i] = pair;
      list.separation[i] = top[lane];
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

// Notes that the pair touches; keeps the contact if it exchanges impulses. Its accumulated impulses
// are those of its slot in the last step (5.4); they are 0 if it was not found then.
INLINE void add_found(Chunk& chunk, Table table, int pair, int second, quad geometry, float depth) {
  const PairInfo& info = chunk.pairs[table].info[pair];
  const Sizes& sizes = chunk.sizes;
  int word = sizes.first_word[second ? (int)TABLES : table] + (info.row >> 5);
  uint32_t flag = 1u << (info.row & 31);
  chunk.scene_touching(info.scene)[word] |= flag;
  if (!(info.traits & SOLVABLE)) return;
  chunk.scene_kept(info.scene)[word] |= flag;
  int slot = sizes.first_slot[table] +
             (table == POLYGON_POLYGON ? 2 * info.row + second : info.row);
  Found& found = chunk.found[chunk.found_end[table]++];
  found.geometry = geometry;
  found.depth = depth;
  const float* impulse = chunk.rows[info.scene].moving + chunk.plan.impulses + 2 * slot;
  found.normal_impulse = chunk.plan.warm_starting ? impulse[0] : 0.0f;
  found.tangent_impulse = chunk.plan.warm_starting ? impulse[1] : 0.0f;
  found.scene = info.scene;
  found.first = chunk.pairs[table].first[pair];
  found.second = chunk.pairs[table].second[pair];
  found.row = info.row;
  found.slot = slot;
  found.stage = sizes.first_stage[table] + (second ? sizes.batches[table] : 0);
  found.traits = info.traits;
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

    alignas(64) quad points[2][LANES];
    scatter(normal.x, normal.y, swap ? vertex[1].x : vertex[0].x,
            swap ? vertex[1].y : vertex[0].y, points[0]);
    scatter(normal.x, normal.y, swap ? vertex[0].x : vertex[1].x,
            swap ? vertex[0].y : vertex[1].y, points[1]);
    for (int lane = 0; lane < LANES && v + lane < list.count; ++lane) {
      int pair = list.pair[v + lane];
      float overlap = -list.separation[v + lane];
      add_found(chunk, POLYGON_POLYGON, pair, 0, points[0][lane], overlap);
      if (both >> lane & 1) add_found(chunk, POLYGON_POLYGON, pair, 1, points[1][lane], overlap);
    }
  }
}

}  // namespace kinetix
