# SPDX-License-Identifier: Apache-2.0
# What is built for this board, of products/rp2040.layout.yml: ports/CMakeLists.txt.
samples_for(cortex-m0plus)
bootloader(rp2040 boot rp2040)
bootloader(rp2040 ship rp2040 "keys: [${key}]" "watchdog: 4000" "clock: fast" "hand_over: reset")
applications(rp2040 20480 24576)
