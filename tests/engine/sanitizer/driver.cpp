// Feeds the kernel, without JAX, with random, extreme and corrupt scenes. Built with
// AddressSanitizer and UndefinedBehaviorSanitizer, which end it at the first mistake.
//
// driver FILE: the file holds the length of Plan and of Parameters (int32 each), then a Plan and
// its Parameters for each way to step. Prints how many scenes were stepped.
#define KINETIX_GUARDED
#include <stdio.h>
#include <stdlib.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "batch.h"

using namespace kinetix;

namespace {

constexpr int ROUNDS = 3;

struct Random {
  uint64_t state;
  uint64_t next() {
    state += 0x9e3779b97f4a7c15ull;
    uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  int below(int n) { return (int)(next() % (uint64_t)n); }
  float uniform(float low, float high) {
    return low + (high - low) * (float)(next() >> 40) / 16777216.0f;
  }
  bool chance(float p) { return uniform(0, 1) < p; }
};

float from_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

float wild(Random& random) {
  const float numbers[] = {
      0.0f, -0.0f, 1.0f, -1.0f, 1e-45f, -1e-40f, 1.17549435e-38f, 1e-30f, 1e10f, -1e20f, 3.4e38f,
      -3.4e38f, 99999.0f, 1e30f, -1e30f, 1e31f, __builtin_inff(), -__builtin_inff(),
      __builtin_nanf(""), -__builtin_nanf(""), 2147483648.0f, 8388608.0f};
  if (random.chance(0.3f)) return from_bits((uint32_t)random.next());
  return numbers[random.below(sizeof numbers / sizeof *numbers)];
}

// Where everything overlaps, so that lists of pairs and contacts are as long as they can get.
enum Floats { CROWD, ROOM, ONE_PLACE, SPOILT, WILD, FLOAT_KINDS };
enum Integers { SENSIBLE, ALL_SET, ALL_CLEAR, WILD_FIELDS, ANY_BITS, INTEGER_KINDS };

struct Scenes {
  Plan plan;
  Parameters parameters;
  int64_t count;
  // Each with exactly the room that the kernel may touch.
  std::vector<float> moving, constant, controls, positions;
  std::vector<int32_t> integers;
  std::vector<uint8_t> touching;

  Scenes(const Plan& its_plan, const Parameters& its_parameters, int64_t its_count)
      : plan(its_plan), parameters(its_parameters), count(its_count) {
    Sizes sizes(plan);
    moving.resize(count * plan.moving_size);
    constant.resize(count * plan.constant_size);
    controls.resize(count * (plan.joints + plan.thrusters));
    integers.resize(count * plan.integer_size);
    positions.resize(count * plan.steps * sizes.bodies * 2);
    touching.resize(count * plan.steps * sizes.pairs, 7);
    for (auto* array : {&moving, &constant, &controls, &positions}) array->shrink_to_fit();
    integers.shrink_to_fit();
    touching.shrink_to_fit();
  }

  void fill(int64_t scene, Floats floats, Integers words, Random& random) {
    fill_floats(&moving[scene * plan.moving_size], plan.moving_size, floats, random);
    fill_floats(&constant[scene * plan.constant_size], plan.constant_size, floats, random);
    for (int i = 0; i < plan.joints + plan.thrusters; ++i)
      controls[scene * (plan.joints + plan.thrusters) + i] =
          floats == WILD ? wild(random) : random.uniform(-1, 1);
    if (floats != WILD) shape(scene, floats, random);
    if (floats == SPOILT)
      for (int i = 0; i < 4; ++i) {
        moving[scene * plan.moving_size + random.below(plan.moving_size)] = wild(random);
        constant[scene * plan.constant_size + random.below(plan.constant_size)] = wild(random);
      }
    fill_integers(&integers[scene * plan.integer_size], words, random);
  }

  // Gives the scene the boundary of the first one, immovable and with nothing acting on it, which
  // the kernel then keeps once for a whole chunk.
  void share_boundary(int64_t scene) {
    auto copy = [scene](auto& array, int size, int offset, int count) {
      std::copy_n(&array[offset], count, &array[scene * size + offset]);
    };
    copy(moving, plan.moving_size, plan.bodies, BOUNDARY * BODY_FLOATS);
    copy(constant, plan.constant_size, plan.vertices_x, 4 * BOUNDARY);
    copy(constant, plan.constant_size, plan.vertices_y, 4 * BOUNDARY);
    copy(integers, plan.integer_size, plan.body_words, BOUNDARY);
    for (int i = 0; i < BOUNDARY; ++i)
      for (int k = 0; k < 2; ++k)
        constant[scene * plan.constant_size + plan.materials + 4 * i + k] = 0;
    int32_t* words = &integers[scene * plan.integer_size];
    const int last = plan.polygons + plan.circles - 1;  // the boundary's own where there is no other
    const int32_t off = last < BOUNDARY ? (int32_t)0xfe000000 : -1;  // without the active flag
    for (int i = 0; i < plan.joints; ++i)
      words[plan.joint_words + i] = (words[plan.joint_words + i] & off & ~0xffff) | last << 8 |
                                    (last > BOUNDARY ? last - 1 : last);
    for (int i = 0; i < plan.thrusters; ++i)
      words[plan.thruster_words + i] = (words[plan.thruster_words + i] & off & ~0xff) | last;
  }

  void step(int64_t threads, std::vector<std::thread>& helpers) {
    Batch batch = {plan,           parameters,      count,           moving.data(), constant.data(),
                   integers.data(), controls.data(), touching.data(), positions.data()};
    auto schedule = [&helpers](void (*task)(void*), void* data) {
      if (helpers.size() % 5 == 4) return false;  // a pool may refuse
      helpers.emplace_back(task, data);
      return true;
    };
    if (!step_batch(batch, threads, schedule)) {
      fprintf(stderr, "no memory\n");
      exit(1);
    }
  }

 private:
  static void fill_floats(float* row, int size, Floats floats, Random& random) {
    for (int i = 0; i < size; ++i) row[i] = floats == WILD ? wild(random) : random.uniform(-0.1f, 0.1f);
  }

  // Convex polygons and circles with mass, near one another.
  void shape(int64_t scene, Floats floats, Random& random) {
    float* state = &moving[scene * plan.moving_size] + plan.bodies;
    float* row = &constant[scene * plan.constant_size];
    float spread = floats == ROOM ? 3.0f : floats == ONE_PLACE ? 0.0f : 0.3f;
    for (int i = 0; i < plan.polygons + plan.circles; ++i) {
      state[BODY_FLOATS * i] = random.uniform(0, spread);
      state[BODY_FLOATS * i + 1] = random.uniform(0, spread);
      state[BODY_FLOATS * i + 2] = floats == ONE_PLACE ? 0 : random.uniform(-4, 4);
      float* material = row + plan.materials + 4 * i;
      material[0] = random.chance(0.15f) ? 0 : random.uniform(0.1f, 9);
      material[1] = random.chance(0.15f) ? 0 : random.uniform(0.1f, 90);
      material[2] = random.uniform(0, 1);
      material[3] = random.uniform(0, 1);
    }
    for (int i = 0; i < plan.polygons; ++i)
      for (int k = 0; k < 4; ++k) {
        float size = floats == ONE_PLACE ? 0.5f : random.uniform(0.3f, 0.6f);
        row[plan.vertices_x + 4 * i + k] = k == 1 || k == 2 ? size : -size;
        row[plan.vertices_y + 4 * i + k] = k < 2 ? size : -size;
      }
    for (int i = 0; i < plan.circles; ++i) row[plan.radii + i] = random.uniform(0.1f, 0.5f);
    row[plan.gravity + 1] = -9.81f;
  }

  void fill_integers(int32_t* row, Integers words, Random& random) {
    for (int i = 0; i < plan.integer_size; ++i)
      row[i] = words == ALL_SET ? -1 : words == ALL_CLEAR ? 0 : (int32_t)random.next();
    if (words == ANY_BITS || words == ALL_CLEAR) return;
    const int bodies = plan.polygons + plan.circles;
    for (int i = 0; i < bodies; ++i) {
      int mode = words == SENSIBLE ? random.below(3) : words == ALL_SET ? 2 : random.below(256);
      int vertices = words == WILD_FIELDS ? random.below(256) : 3 + random.below(2);
      int active = words == SENSIBLE && random.chance(0.1f) ? 0 : (int)BODY_ACTIVE;
      row[plan.body_words + i] = mode | vertices << 8 | active;
    }
    for (int i = 0; i < plan.joints; ++i) {
      int range = words == SENSIBLE ? bodies : 256;
      row[plan.joint_words + i] =
          random.below(range) | random.below(range) << 8 | (int)(random.next() & 0x1f) << 24;
    }
    for (int i = 0; i < plan.thrusters; ++i)
      row[plan.thruster_words + i] = random.below(words == SENSIBLE ? bodies : 256) | 1 << 24;
    // Collision, touching and memory flags stay as they are: all set, or any bits.
  }
};

bool same(const std::vector<float>& a, const std::vector<float>& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    bool nan = a[i] != a[i] && b[i] != b[i];
    if (!nan && memcmp(&a[i], &b[i], sizeof(float))) return false;
  }
  return true;
}

bool same(const Scenes& a, const Scenes& b) {
  return same(a.moving, b.moving) && same(a.positions, b.positions) && a.integers == b.integers &&
         a.touching == b.touching;
}

// What an earlier chunk may have left in the memory that is used again.
void scribble(const Plan& plan, int64_t scenes, int byte) {
  int count = chunk_capacity(plan, scenes, 1);
  size_t bytes = Chunk(plan, Parameters(), count, nullptr).bytes();
  Memory memory = memory_pool.take(bytes);
  if (!memory.bytes) exit(1);
  __asan_unpoison_memory_region(memory.bytes, memory.size);
  memset(memory.bytes, byte, memory.size);
  memory_pool.give_back(memory);
}

void require(bool good, const char* what, const Plan& plan, int64_t count) {
  if (good) return;
  fprintf(stderr, "%s: %d polygons, %d circles, %d joints, %d thrusters, batch of %d\n", what,
          plan.polygons, plan.circles, plan.joints, plan.thrusters, (int)count);
  exit(1);
}

int64_t try_plan(const Plan& plan, const Parameters& parameters, Random& random) {
  int capacity = chunk_capacity(plan, (int64_t)1 << 40, 1);  // of a batch without end
  int64_t stepped = 0;
  for (int64_t count : {0, 1, LANES - 1, LANES + 3, capacity, 2 * capacity + 1}) {
    Scenes scenes(plan, parameters, count);
    int64_t kinds = FLOAT_KINDS * INTEGER_KINDS;
    int64_t only = count == capacity ? 1 + ALL_SET : 0;  // the fullest chunk there can be
    for (int64_t i = 0; i < count; ++i) {
      int64_t kind = (i + (int64_t)random.below(3)) % kinds;
      Floats floats = only ? CROWD : (Floats)(kind % FLOAT_KINDS);
      scenes.fill(i, floats, only ? ALL_SET : (Integers)(kind / FLOAT_KINDS), random);
    }
    if (random.chance(0.5f))
      for (int64_t i = count - 1; i >= 0; --i) scenes.share_boundary(i);
    Scenes again = scenes;
    std::vector<std::thread> helpers;
    if (count) scribble(plan, count, 0xff);
    scenes.step(1, helpers);
    if (count) scribble(plan, count, 0x00);
    again.step(3, helpers);
    for (std::thread& helper : helpers) helper.join();
    require(same(scenes, again), "left-over memory or threads change a result", plan, count);
    for (uint8_t flag : scenes.touching)
      require(flag <= 1, "a flag that is neither true nor false", plan, count);
    stepped += 2 * count * plan.steps;
  }
  return stepped;
}

}  // namespace

int main(int argc, char** argv) {
  FILE* file = argc == 2 ? fopen(argv[1], "rb") : nullptr;
  int32_t lengths[2];
  if (!file || fread(lengths, sizeof lengths, 1, file) != 1 || lengths[0] != PLAN_FIELDS ||
      lengths[1] != PARAMETER_FIELDS) {
    fprintf(stderr, "no plans that fit the kernel\n");
    return 1;
  }
  Random random = {1};
  Plan plan;
  Parameters parameters;
  int64_t stepped = 0;
  while (fread(&plan, sizeof plan, 1, file) == 1 &&
         fread(&parameters, sizeof parameters, 1, file) == 1)
    for (int round = 0; round < ROUNDS; ++round) stepped += try_plan(plan, parameters, random);
  fclose(file);
  printf("%lld\n", (long long)stepped);
  return 0;
}
