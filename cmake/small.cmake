# SPDX-License-Identifier: Apache-2.0
# How the toolchains of all chips optimise: for size. Of gcc's passes those are off that make code
# faster and longer on these CPUs, 2 % in all: try it with
#     cmake --preset cortex-m4 -B build/os -DCMAKE_C_FLAGS_MINSIZEREL="-Os -g"
# And a call at a function's end is a call: as a jump, skipped by a fault, it let the program return
# twice (docs/fault-injection.md).
set(off schedule-insns2 tree-vrp tree-pre tree-fre move-loop-invariants code-hoisting if-conversion
  guess-branch-probability tree-loop-optimize optimize-sibling-calls)
list(TRANSFORM off PREPEND "-fno-")
list(JOIN off " " off)
set(CMAKE_C_FLAGS_MINSIZEREL "-Os -g ${off}" CACHE STRING "")
