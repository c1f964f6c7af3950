/* The interface of a vision plug-in: a shared library that finds objects in one JPEG, loaded into a pod by
 * [vision.NAME] plugin = "FILE". C99, so that any language can offer it; docs/detector.md has an example to copy.
 *
 * A plug-in exports one function, monopod_vision_plugin(), which returns its functions. The pod calls open() once at
 * the start, then detect() for one frame at a time, then close(), all on one thread, which is the plug-in's own: it
 * may take its time, and it holds up nothing but its own subscription. Several [vision.NAME] sections may use one
 * plug-in: each opens it for itself, on its own thread, so whatever they share needs a lock.
 *
 * The pod and its plug-in share a process. A plug-in that crashes takes the node with it; one that fails, in open()
 * or detect(), or that throws a C++ exception, is logged and counted, and its frames are answered without
 * detections. What needs a stronger wall is an application in a process of its own. */
#ifndef MONOPOD_VISION_PLUGIN_H
#define MONOPOD_VISION_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this interface. A pod loads plug-ins of its own version only, and says so otherwise. */
enum { MONOPOD_VISION_VERSION = 1 };

/* One entry of [vision.NAME] options, "key=value". Valid during open(). */
struct monopod_vision_option {
  const char* key;
  const char* value;
};

/* A frame. Valid during detect(). */
struct monopod_vision_frame {
  const uint8_t* jpeg; /* as the camera sent it: it may be anything, not only a sound JPEG */
  size_t jpeg_bytes;
  const char* camera;      /* name of the camera */
  uint64_t stream;         /* changes when the camera starts anew, with which tracks end */
  uint64_t seq;            /* sequence number of the frame in its stream; some may be skipped */
  uint64_t captured_at_ns; /* the camera's stamp, nanoseconds since the Unix epoch */
};

struct monopod_vision_detection {
  const char* label; /* name of the class, UTF-8, at most 64 bytes; a longer one is cut */
  float confidence;  /* 0 to 1 */
  float x;           /* left edge; all four are relative to the picture, 0 to 1, clipped to it otherwise */
  float y;           /* top edge */
  float width;       /* 0, as height: the detection concerns the whole picture */
  float height;
  uint64_t track_id; /* the same object over several frames of a stream; 0: not tracked */
};

/* What detect() found. The pod sets it to zero before; everything it points to belongs to the plug-in and must stay
 * as it is until the next call for the same instance. */
struct monopod_vision_answer {
  const char* model;    /* name of the model, at most 64 bytes; NULL: the plug-in's file name */
  const char* revision; /* version of its weights or code, at most 64 bytes; NULL: none */
  const struct monopod_vision_detection* detections;
  size_t count; /* the most confident ones first: those beyond 256 are left out */
};

struct monopod_vision_functions {
  uint32_t version; /* MONOPOD_VISION_VERSION of the header that the plug-in was compiled with */

  /* Makes an instance; NULL on failure, with one sentence for people in `problem` (a buffer of `problem_bytes`, which
   * starts out empty). */
  void* (*open)(const struct monopod_vision_option* options, size_t count, char* problem, size_t problem_bytes);

  /* Looks at one frame; 0 on success. Otherwise the frame counts as failed, for the reason in `problem`, and is
   * answered without detections. */
  int (*detect)(void* instance, const struct monopod_vision_frame* frame, struct monopod_vision_answer* answer,
                char* problem, size_t problem_bytes);

  void (*close)(void* instance);
};

/* The one function that a plug-in exports, with the name "monopod_vision_plugin". What it returns is never freed. */
const struct monopod_vision_functions* monopod_vision_plugin(void);

#ifdef __cplusplus
}
#endif

#endif
