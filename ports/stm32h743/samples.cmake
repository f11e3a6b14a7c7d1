# SPDX-License-Identifier: Apache-2.0
# What is built for this board, of products/stm32h743.layout.yml: ports/CMakeLists.txt.
samples_for(cortex-m7)
bootloader(stm32h743 boot stm32h743)
bootloader(stm32h743 ship stm32h743 "keys: [${key}]" "watchdog: 4100" "hand_over: reset")
applications(stm32h743 49152 57344)
# no other processor's boards: a driver that has a before() makes all bootloaders of a build longer
bootloader(stm32h743 careful stm32h743 "keys: [${key}]" "hand_over: reset" "brown_out: 2700")
