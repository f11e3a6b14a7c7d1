# SPDX-License-Identifier: Apache-2.0
# What is built for this board, of products/nrf51.layout.yml: ports/CMakeLists.txt.
samples_for(cortex-m0)
bootloaders(nrf51)
shipped(nrf51 "watchdog: 4000" "hand_over: reset")
recoveries(nrf51 nrf51 "recovery: smp")
applications(nrf51 20480 24576)
