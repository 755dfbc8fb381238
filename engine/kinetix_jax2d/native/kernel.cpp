// The kernel as XLA calls it, through the plain C interface of its foreign functions.

#include "batch.h"
#include "xla/ffi/api/c_api.h"

namespace {

using namespace kinetix;

XLA_FFI_Error* error(const XLA_FFI_CallFrame* frame, const char* message) {
  XLA_FFI_Error_Create_Args args = {};
  args.struct_size = XLA_FFI_Error_Create_Args_STRUCT_SIZE;
  args.message = message;
  args.errc = XLA_FFI_Error_Code_INVALID_ARGUMENT;
  return frame->api->XLA_FFI_Error_Create(&args);
}

// The attribute `name`, an array of `count` numbers of type `type`; null if there is none.
const void* array_attribute(const XLA_FFI_CallFrame* frame, const char* name,
                            XLA_FFI_DataType type, size_t count) {
  for (int64_t i = 0; i < frame->attrs.size; ++i) {
    const XLA_FFI_ByteSpan* span = frame->attrs.names[i];
    if (span->len != strlen(name) || memcmp(span->ptr, name, span->len)) continue;
    if (frame->attrs.types[i] != XLA_FFI_AttrType_ARRAY) return nullptr;
    const XLA_FFI_Array* array = static_cast<const XLA_FFI_Array*>(frame->attrs.attrs[i]);
    return array->dtype == type && array->size == count ? array->data : nullptr;
  }
  return nullptr;
}

const XLA_FFI_Buffer* argument(const XLA_FFI_CallFrame* frame, int i) {
  return static_cast<const XLA_FFI_Buffer*>(frame->args.args[i]);
}
const XLA_FFI_Buffer* result(const XLA_FFI_CallFrame* frame, int i) {
  return static_cast<const XLA_FFI_Buffer*>(frame->rets.rets[i]);
}

// Number of scenes, if the buffer holds rows of `row` entries of `type`; otherwise -1. All axes
// but the last `trailing` ones count scenes.
int64_t scenes_of(const XLA_FFI_Buffer* buffer, XLA_FFI_DataType type, int64_t row, int trailing) {
  if (buffer->dtype != type || buffer->rank < trailing) return -1;
  int64_t scenes = 1, entries = 1;
  for (int64_t i = 0; i < buffer->rank; ++i)
    (i < buffer->rank - trailing ? scenes : entries) *= buffer->dims[i];
  return entries == row ? scenes : -1;
}

int64_t thread_count(const XLA_FFI_CallFrame* frame) {
  int64_t count = 1;
  XLA_FFI_ThreadPool_NumThreads_Args args = {};
  args.struct_size = XLA_FFI_ThreadPool_NumThreads_Args_STRUCT_SIZE;
  args.ctx = frame->ctx;
  args.num_threads = &count;
  XLA_FFI_Error* failure = frame->api->XLA_FFI_ThreadPool_NumThreads(&args);
  if (!failure) return count;
  XLA_FFI_Error_Destroy_Args destroy = {};
  destroy.struct_size = XLA_FFI_Error_Destroy_Args_STRUCT_SIZE;
  destroy.error = failure;
  frame->api->XLA_FFI_Error_Destroy(&destroy);
  return 1;
}

bool schedule_on(const XLA_FFI_CallFrame* frame, XLA_FFI_Task* task, void* data) {
  XLA_FFI_ThreadPool_Schedule_Args args = {};
  args.struct_size = XLA_FFI_ThreadPool_Schedule_Args_STRUCT_SIZE;
  args.ctx = frame->ctx;
  args.task = task;
  args.data = data;
  XLA_FFI_Error* failure = frame->api->XLA_FFI_ThreadPool_Schedule(&args);
  if (!failure) return true;
  XLA_FFI_Error_Destroy_Args destroy = {};
  destroy.struct_size = XLA_FFI_Error_Destroy_Args_STRUCT_SIZE;
  destroy.error = failure;
  frame->api->XLA_FFI_Error_Destroy(&destroy);
  return false;
}

// XLA asks once which version of the interface this was compiled for.
bool answer_metadata(XLA_FFI_CallFrame* frame) {
  auto* extension = frame->extension_start;  // the name of its type depends on XLA's version
  if (!extension || extension->type != XLA_FFI_Extension_Metadata) return false;
  XLA_FFI_Metadata* metadata =
      reinterpret_cast<XLA_FFI_Metadata_Extension*>(extension)->metadata;
  metadata->api_version.major_version = XLA_FFI_API_MAJOR;
  metadata->api_version.minor_version = XLA_FFI_API_MINOR;
  metadata->traits = 0;
  return true;
}

XLA_FFI_Error* run(const XLA_FFI_CallFrame* frame) {
  Batch batch;
  const void* plan = array_attribute(frame, "plan", XLA_FFI_DataType_S32, PLAN_FIELDS);
  const void* parameters =
      array_attribute(frame, "parameters", XLA_FFI_DataType_F32, PARAMETER_FIELDS);
  if (!plan || !parameters || frame->args.size != 4 || frame->rets.size != 4)
    return error(frame, "kinetix: the kernel and its caller do not fit together");
  memcpy(&batch.plan, plan, sizeof(Plan));
  memcpy(&batch.parameters, parameters, sizeof(Parameters));

  const Plan& p = batch.plan;
  Sizes sizes(p);
  int64_t pairs = sizes.rows[0] + sizes.rows[1] + sizes.rows[2];
  const XLA_FFI_DataType f32 = XLA_FFI_DataType_F32, s32 = XLA_FFI_DataType_S32;
  int64_t scenes[] = {
      scenes_of(argument(frame, 0), f32, p.moving_size, 1),
      scenes_of(argument(frame, 1), f32, p.constant_size, 1),
      scenes_of(argument(frame, 2), s32, p.integer_size, 1),
      scenes_of(argument(frame, 3), f32, p.joints + p.thrusters, 1),
      scenes_of(result(frame, 0), f32, p.moving_size, 1),
      scenes_of(result(frame, 1), s32, p.integer_size, 1),
      scenes_of(result(frame, 2), XLA_FFI_DataType_PRED, p.steps * pairs, 2),
      scenes_of(result(frame, 3), f32, (int64_t)p.steps * sizes.bodies * 2, 3),
  };
  batch.scenes = scenes[0];
  for (int64_t count : scenes)
    if (count < 0 || count != batch.scenes)
      return error(frame, "kinetix: an array has the wrong shape or type for the kernel");

  batch.moving = static_cast<float*>(result(frame, 0)->data);
  batch.constant = static_cast<const float*>(argument(frame, 1)->data);
  batch.integers = static_cast<int32_t*>(result(frame, 1)->data);
  batch.controls = static_cast<const float*>(argument(frame, 3)->data);
  batch.touching = static_cast<uint8_t*>(result(frame, 2)->data);
  batch.positions = static_cast<float*>(result(frame, 3)->data);
  // The first and third argument share the memory of the results, unless XLA decides otherwise.
  if (batch.moving != argument(frame, 0)->data)
    memcpy(batch.moving, argument(frame, 0)->data, batch.scenes * p.moving_size * sizeof(float));
  if (batch.integers != argument(frame, 2)->data)
    memcpy(batch.integers, argument(frame, 2)->data,
           batch.scenes * p.integer_size * sizeof(int32_t));

  int64_t threads = p.threads == 1 ? 1 : thread_count(frame);
  if (p.threads > 0 && p.threads < threads) threads = p.threads;
  auto schedule = [frame](XLA_FFI_Task* task, void* data) {
    return schedule_on(frame, task, data);
  };
  return step_batch(batch, threads, schedule) ? nullptr
                                              : error(frame, "kinetix: out of memory");
}

}  // namespace

extern "C" __attribute__((visibility("default"))) XLA_FFI_Error* kinetix_jax2d_steps(
    XLA_FFI_CallFrame* frame) {
  if (answer_metadata(frame)) return nullptr;
  if (frame->stage != XLA_FFI_ExecutionStage_EXECUTE) return nullptr;
  return run(frame);
}
