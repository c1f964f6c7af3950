// A plug-in for tests that does what its option "does" says, in C, as another author may write it.
#include "schemas/vision_plugin.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef PROBE_VERSION
#define PROBE_VERSION MONOPOD_VISION_VERSION
#endif

struct probe {
  char does[32];
  char camera[65]; // the frame's is only there during detect()
  char label[256];
  struct monopod_vision_detection found[300];
};

static void* probe_open(const struct monopod_vision_option* options, size_t count, char* problem,
                        size_t problem_bytes) {
  struct probe* p = calloc(1, sizeof *p);
  for (size_t i = 0; p != NULL && i < count; ++i)
    if (strcmp(options[i].key, "does") == 0)
      snprintf(p->does, sizeof p->does, "%s", options[i].value);
  if (p != NULL && strcmp(p->does, "refuse") == 0) {
    snprintf(problem, problem_bytes, "it refuses");
    free(p);
    return NULL;
  }
  return p;
}

static int probe_detect(void* instance, const struct monopod_vision_frame* frame,
                        struct monopod_vision_answer* answer, char* problem, size_t problem_bytes) {
  struct probe* p = instance;
  if (strcmp(p->does, "fail") == 0) {
    snprintf(problem, problem_bytes, "%zu bytes are no picture", frame->jpeg_bytes);
    return 1;
  }
  answer->model = "probe";
  answer->revision = "7";
  answer->detections = p->found;
  answer->count = strcmp(p->does, "many") == 0 ? 300 : 2;
  snprintf(p->camera, sizeof p->camera, "%s", frame->camera);
  for (size_t i = 0; i < 300; ++i) {
    const struct monopod_vision_detection d = {p->camera, 0.75F, 0.25F, 0.5F, 0.5F, 0.25F, frame->seq};
    p->found[i] = d;
  }
  if (strcmp(p->does, "nonsense") == 0) {
    memset(p->label, 'a', sizeof p->label - 1);
    p->label[63] = (char)0xc3; // the first half of a letter whose second half is beyond the bound
    p->label[64] = (char)0xa4;
    p->found[0].label = p->label;
    p->found[0].confidence = 17;
    p->found[0].x = -0.5F;
    p->found[0].width = 9;
    p->found[1].y = NAN;
  } else if (strcmp(p->does, "whole") == 0) {
    p->found[0].width = p->found[0].height = 0;
    p->found[1].label = NULL;
  }
  return 0;
}

static const struct monopod_vision_functions functions = {PROBE_VERSION, probe_open, probe_detect, free};

const struct monopod_vision_functions* monopod_vision_plugin(void) { return &functions; }
