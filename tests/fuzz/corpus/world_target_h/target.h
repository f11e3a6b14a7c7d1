/* a board */
#ifndef H_TARGETS_TARGET_
#define H_TARGETS_TARGET_
#define K(x) ((x)*1024) // no constant
#define SECTOR (0x20 * 1024)
#define WOLFBOOT_SECTOR_SIZE                                                                       \
    (SECTOR * 4) /* 128 KB
 on two lines */
#define WOLFBOOT_PARTITION_SIZE (WOLFBOOT_SECTOR_SIZE << 1)
#define WOLFBOOT_PARTITION_BOOT_ADDRESS (0x08000000UL + WOLFBOOT_SECTOR_SIZE)
#define WOLFBOOT_PARTITION_UPDATE_ADDRESS                                                          \
    (WOLFBOOT_PARTITION_BOOT_ADDRESS + WOLFBOOT_PARTITION_SIZE)
#ifdef NOT_HERE
#define WOLFBOOT_PARTITION_SWAP_ADDRESS 0x1
#else
#define WOLFBOOT_PARTITION_SWAP_ADDRESS (0x80A0000)
#endif
#endif
