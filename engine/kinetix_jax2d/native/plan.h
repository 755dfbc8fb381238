// What one call of the kernel is told: sizes, where each field lies in a scene's rows, parameters.
// `_layout.py` is the one place where the rows are laid out; it fills a Plan field by field, in
// this order.
#pragma once

#include "simd.h"

namespace kinetix {

constexpr int BOUNDARY = 4;  // polygons 0..3: floor, walls, ceiling; never tested pairwise
constexpr int BODY_FLOATS = 6, JOINT_STATE_FLOATS = 5, JOINT_FLOATS = 9, THRUSTER_FLOATS = 4;

struct Plan {
  // Slots of a scene. Body index: polygon i is i, circle k is polygons + k.
  int32_t polygons, circles, joints, thrusters;
  // Floats or integers in one scene's row of each array.
  int32_t moving_size, constant_size, integer_size;
  // Offsets into the row of what moves (f32).
  int32_t bodies;            // per body: x, y, angle, vx, vy, w
  int32_t joint_state;       // per joint: accumulated impulse x, y, angular; anchor x, y
  int32_t thruster_anchors;  // per thruster: x, y
  int32_t impulses;          // per contact slot: normal, tangent; polygon pairs have two slots
  // Offsets into the row of constants (f32).
  int32_t materials;   // per body: inverse mass, inverse inertia, friction, restitution
  int32_t vertices_x;  // per polygon: x of its four vertices
  int32_t vertices_y;
  int32_t radii;           // per circle
  int32_t joint_settings;  // per joint: anchor on a (2), on b (2), speed, power, min, max, rest angle
  int32_t thruster_settings;  // per thruster: position (2), rotation, power
  int32_t gravity;            // (2)
  // Offsets into the row of integers.
  int32_t body_words;  // per body: collision mode, vertices, role: 8 bits each; bit 24: active
  int32_t joint_words;  // a, b, binding: 8 bits each; bits 24..28: active, fixed, motor, limits, auto
  int32_t thruster_words;   // body, binding: 8 bits each; bit 24: active
  int32_t collision_words;  // bit first * N + second: the pair may exchange impulses
  int32_t touching_words;   // one bit per pair, each table from a new word
  int32_t memory_words;     // the same for the remembered contacts, then the second polygon slots
  // How to step.
  int32_t steps, iterations, batch, warm_starting, threads;
};
constexpr int PLAN_FIELDS = sizeof(Plan) / sizeof(int32_t);

// spec/physics.md 2.1, in its order.
struct Parameters {
  float dt, slop;
  float baumgarte_collision, baumgarte_joints_v, baumgarte_joints_p;
  float baumgarte_fixed_joint, baumgarte_joint_limit, joint_stiffness;
  float clip_position, clip_velocity, clip_angular_velocity;
  float base_motor_speed, base_motor_power, motor_decay, motor_joint_limit;
  float base_thruster_power, base_friction;
};
constexpr int PARAMETER_FIELDS = sizeof(Parameters) / sizeof(float);

enum BodyWord : int32_t { BODY_ACTIVE = 1 << 24 };
enum JointWord : int32_t {
  JOINT_ACTIVE = 1 << 24,
  JOINT_FIXED = 1 << 25,
  JOINT_MOTOR = 1 << 26,
  JOINT_LIMITS = 1 << 27,
};
enum ThrusterWord : int32_t { THRUSTER_ACTIVE = 1 << 24 };

// One 8-bit field of a word, with its sign.
INLINE int field(int32_t word, int number) { return (int8_t)((uint32_t)word >> (8 * number)); }

// The three contact tables, in the published order.
enum Table { POLYGON_POLYGON, CIRCLE_POLYGON, CIRCLE_CIRCLE, TABLES };

// What follows from a Plan.
struct Sizes {
  int polygons, circles, joints, thrusters, bodies;
  int rows[TABLES];           // pairs in each table
  int words[TABLES];          // 32-bit words of flags for each table
  int first_word[TABLES + 1];  // of each table; the last one: second slots of polygon pairs
  int touching_words, memory_words;
  int pairs;
  int row_base[TABLES][64];  // row of a pair: row_base[table][first body] + second body
  int first_slot[TABLES];  // of each table, in the accumulated impulses
  int slots;
  int batches[TABLES];
  int first_stage[TABLES];  // a stage: one batch of one table and slot, in solver order
  int stages;

  explicit Sizes(const Plan& plan)
      : polygons(plan.polygons),
        circles(plan.circles),
        joints(plan.joints),
        thrusters(plan.thrusters),
        bodies(plan.polygons + plan.circles) {
    rows[POLYGON_POLYGON] = (polygons * (polygons - 1) - BOUNDARY * (BOUNDARY - 1)) / 2;
    rows[CIRCLE_POLYGON] = circles * polygons;
    rows[CIRCLE_CIRCLE] = circles * (circles - 1) / 2;
    pairs = slots = stages = touching_words = 0;
    for (int table = 0; table < TABLES; ++table) {
      int copies = table == POLYGON_POLYGON ? 2 : 1;
      pairs += rows[table];
      words[table] = (rows[table] + 31) / 32;
      first_word[table] = touching_words;
      touching_words += words[table];
      first_slot[table] = slots;
      slots += copies * rows[table];
      batches[table] = (rows[table] + plan.batch - 1) / plan.batch;
      first_stage[table] = stages;
      stages += copies * batches[table];
    }
    first_word[TABLES] = touching_words;
    memory_words = touching_words + words[POLYGON_POLYGON];
    for (int i = 0; i < bodies; ++i) {
      int c = i - polygons;
      row_base[POLYGON_POLYGON][i] = i < BOUNDARY
                                         ? i * (polygons - BOUNDARY) - BOUNDARY
                                         : i * (2 * polygons - i - 1) / 2 - i - 1 -
                                               BOUNDARY * (BOUNDARY - 1) / 2;
      row_base[CIRCLE_POLYGON][i] = c * polygons;
      row_base[CIRCLE_CIRCLE][i] = c * (2 * circles - c - 1) / 2 - c - 1 - polygons;
    }
  }
};

}  // namespace kinetix
