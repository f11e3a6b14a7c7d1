# SPDX-License-Identifier: Apache-2.0
# How the toolchains of all chips optimise: for size. Three of gcc's passes are off that make code
# faster and longer on these CPUs, 1.2 % in all: try it with
#     cmake --preset cortex-m4 -B build/os -DCMAKE_C_FLAGS_MINSIZEREL="-Os -g"
set(CMAKE_C_FLAGS_MINSIZEREL
  "-Os -g -fno-schedule-insns2 -fno-tree-vrp -fno-move-loop-invariants" CACHE STRING "")
