/* SPDX-License-Identifier: Apache-2.0 */
/* Devices in files: made, kept, and refused before anything was changed. */
#include "chips.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64], path[96];

static int in_a_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/bulkhead-sim-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/flash.bin", folder);
    return chmod(folder, 0755);
}

static int and_away(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static int open_as(struct sim_flash *s, size_t chip, enum sim_file how)
{
    return sim_flash_open_file(s, &chips[chip], &(struct sim_traits){ .name = "chip" }, path, how);
}

/* The file as others see it. */
static size_t contents(uint8_t *buf, size_t max)
{
    FILE *f = fopen(path, "rb");
    size_t n;

    assert_non_null(f);
    n = fread(buf, 1, max, f);
    fclose(f);
    return n;
}

static void put(const void *data, size_t len)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static unsigned entries(void)
{
    DIR *d = opendir(folder);
    unsigned n = 0;

    assert_non_null(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n - 2; /* . and .. */
}

static void a_new_file_is_erased_flash(void **state)
{
    (void)state;
    for (size_t c = 0; c < COUNT(chips); c++) {
        struct sim_flash s;
        uint8_t is[9000];

        assert_int_equal(open_as(&s, c, SIM_FILE_CREATE), 0);
        assert_int_equal(contents(is, sizeof is), chips[c].size);
        for (uint32_t i = 0; i < chips[c].size; i++)
            assert_int_equal(is[i], chips[c].erased);
        assert_int_equal(entries(), 1);
        sim_flash_close(&s);
        unlink(path);
    }
}

static void the_file_is_the_flash(void **state)
{
    struct sim_flash s;
    uint8_t data[64], is[9000];

    (void)state;
    pattern(data, sizeof data, 1);
    assert_int_equal(open_as(&s, 4, SIM_FILE_CREATE), 0);
    assert_int_equal(bh_flash_program(&s.flash, 100, data, 64), 0);
    assert_int_equal(contents(is, sizeof is), chips[4].size); /* at once, not at the end */
    assert_memory_equal(is + 100, data, 64);
    sim_flash_close(&s);

    assert_int_equal(open_as(&s, 4, SIM_FILE_WRITE), 0);
    assert_int_equal(bh_flash_read(&s.flash, 100, is, 64), 0);
    assert_memory_equal(is, data, 64);
    assert_int_equal(bh_flash_program(&s.flash, 100, data, 4), BH_ERR_IO); /* still programmed */
    assert_int_equal(s.misuse.count, 1);
    assert_int_equal(bh_flash_program(&s.flash, 96, data, 4), 0); /* still blank */
    assert_int_equal(bh_flash_erase(&s.flash, 0, 256), 0);
    sim_flash_close(&s);
    assert_int_equal(contents(is, sizeof is), chips[4].size);
    assert_int_equal(is[100], 0xFF);
}

static void torn_units_stay_as_they_last_read(void **state)
{
    struct sim_power power = { .seed = 1 };
    struct sim_traits traits = { .power = &power };
    uint8_t data[256], last[256], is[256];
    struct sim_flash s;

    (void)state;
    pattern(data, sizeof data, 1);
    for (unsigned boots = 1; boots < 12; boots++) {
        unlink(path);
        assert_int_equal(sim_flash_open_file(&s, &chips[4], &traits, path, SIM_FILE_CREATE), 0);
        s.traits.burst = 256;
        cut_act(&power, &(struct act){ &s.flash, SIM_PROGRAM, 0, 256, data, 0 },
                (struct sim_cut){ .when = SIM_CUT_TORN, .unstable = true });
        for (unsigned i = 0; i < boots; i++) {
            sim_power_on(&power);
            assert_int_equal(bh_flash_read(&s.flash, 0, last, 256), 0);
        }
        sim_flash_close(&s);
        assert_int_equal(contents(is, 256), 256);
        assert_memory_equal(is, last, 256);
    }
}

/* Killed in the middle, a simulation has lost nothing that was done. */
static void a_killed_program_loses_nothing(void **state)
{
    uint8_t is[9000];
    int status;
    pid_t child;

    (void)state;
    child = fork();
    if (child == 0) {
        struct sim_flash s;

        if (open_as(&s, 4, SIM_FILE_CREATE) || bh_flash_program(&s.flash, 8, "wreckage", 8))
            _exit(1);
        abort();
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(contents(is, sizeof is), chips[4].size);
    assert_memory_equal(is + 8, "wreckage", 8);
}

static void reading_only_changes_nothing(void **state)
{
    struct sim_flash s;
    uint8_t before[9000], after[9000], byte;

    (void)state;
    assert_int_equal(open_as(&s, 4, SIM_FILE_CREATE), 0);
    sim_flash_fill(&s, 5, "x", 1);
    sim_flash_close(&s);
    assert_int_equal(contents(before, sizeof before), chips[4].size);
    assert_int_equal(open_as(&s, 4, SIM_FILE_READ), 0);
    assert_int_equal(bh_flash_read(&s.flash, 5, &byte, 1), 0);
    assert_int_equal(byte, 'x');
    assert_int_equal(bh_flash_program(&s.flash, 8, "abcd", 4), BH_ERR_IO);
    assert_int_equal(bh_flash_erase(&s.flash, 0, 256), BH_ERR_IO);
    assert_int_equal(s.misuse.count, 2);
    assert_non_null(strstr(s.misuse.first, "open for reading only"));
    sim_flash_close(&s);
    assert_int_equal(contents(after, sizeof after), chips[4].size);
    assert_memory_equal(before, after, chips[4].size);
}

static void refused(size_t chip, enum sim_file how, int err, const char *text)
{
    struct sim_flash s;

    assert_int_equal(open_as(&s, chip, how), err);
    assert_non_null(strstr(s.text, text));
    assert_non_null(strstr(s.text, path));
    assert_int_equal(s.text[strlen(s.text) - 1], '.');
    sim_flash_close(&s); /* harmless */
}

static void what_cannot_be_is_refused_with_the_reason(void **state)
{
    struct sim_flash s;
    struct bh_flash strange = chips[4];
    uint8_t is[100];
    static const uint8_t long_file[6145];

    (void)state;
    refused(4, SIM_FILE_READ, BH_ERR_ABSENT, "no such file");
    refused(4, SIM_FILE_WRITE, BH_ERR_ABSENT, "no such file");
    assert_int_equal(entries(), 0);

    put("short", 5);
    refused(4, SIM_FILE_WRITE, BH_ERR_PRODUCT, "5 bytes, but the device has 6144");
    refused(4, SIM_FILE_CREATE, BH_ERR_PRODUCT, "5 bytes, but the device has 6144");
    assert_int_equal(contents(is, sizeof is), 5);
    put(long_file, sizeof long_file);
    refused(4, SIM_FILE_WRITE, BH_ERR_PRODUCT, "6145 bytes, but the device has 6144");
    put("", 0);
    refused(4, SIM_FILE_CREATE, BH_ERR_PRODUCT, "0 bytes");
    unlink(path);

    strange.unit = 3;
    assert_int_equal(
        sim_flash_open_file(&s, &strange, &(struct sim_traits){ 0 }, path, SIM_FILE_CREATE),
        BH_ERR_PRODUCT);
    assert_int_equal(entries(), 0);

    assert_int_equal(mkdir(path, 0755), 0);
    refused(4, SIM_FILE_CREATE, BH_ERR_IO, "cannot be opened for writing");
    refused(4, SIM_FILE_READ, BH_ERR_IO, "not a regular file");
    assert_int_equal(rmdir(path), 0);

    assert_int_equal(mkfifo(path, 0600), 0);
    refused(4, SIM_FILE_WRITE, BH_ERR_IO, "not a regular file");
    unlink(path);

    assert_int_equal(symlink("nowhere/at/all", path), 0);
    refused(4, SIM_FILE_CREATE, BH_ERR_ABSENT, "no such file");
    assert_int_equal(entries(), 1);
    unlink(path);
}

/* As somebody without rights: root may write everywhere. */
static void without_rights_nothing_is_begun(void **state)
{
    struct sim_flash s;
    bool root = geteuid() == 0;

    (void)state;
    assert_int_equal(open_as(&s, 4, SIM_FILE_CREATE), 0);
    sim_flash_close(&s);
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(chmod(folder, 0555), 0);
    if (root)
        assert_int_equal(seteuid(65534), 0);
    refused(4, SIM_FILE_WRITE, BH_ERR_IO, "cannot be opened for writing: Permission denied");
    refused(4, SIM_FILE_CREATE, BH_ERR_IO, "cannot be opened for writing: Permission denied");
    assert_int_equal(open_as(&s, 4, SIM_FILE_READ), 0);
    sim_flash_close(&s);
    if (root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(chmod(folder, 0755), 0);
    unlink(path);
    assert_int_equal(chmod(folder, 0555), 0);
    if (root)
        assert_int_equal(seteuid(65534), 0);
    refused(4, SIM_FILE_CREATE, BH_ERR_IO, "cannot be created: Permission denied");
    if (root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(entries(), 0);
}

static void two_writers_do_not_meet(void **state)
{
    struct sim_flash first, second;

    (void)state;
    assert_int_equal(open_as(&first, 4, SIM_FILE_CREATE), 0);
    refused(4, SIM_FILE_WRITE, BH_ERR_IO, "in use by another program");
    refused(4, SIM_FILE_READ, BH_ERR_IO, "in use by another program");
    sim_flash_close(&first);
    assert_int_equal(open_as(&first, 4, SIM_FILE_READ), 0);
    assert_int_equal(open_as(&second, 4, SIM_FILE_READ), 0);
    sim_flash_close(&first);
    sim_flash_close(&second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_file_is_erased_flash, in_a_folder, and_away),
        cmocka_unit_test_setup_teardown(the_file_is_the_flash, in_a_folder, and_away),
        cmocka_unit_test_setup_teardown(torn_units_stay_as_they_last_read, in_a_folder, and_away),
        cmocka_unit_test_setup_teardown(a_killed_program_loses_nothing, in_a_folder, and_away),
        cmocka_unit_test_setup_teardown(reading_only_changes_nothing, in_a_folder, and_away),
        cmocka_unit_test_setup_teardown(what_cannot_be_is_refused_with_the_reason, in_a_folder,
                                        and_away),
        cmocka_unit_test_setup_teardown(without_rights_nothing_is_begun, in_a_folder, and_away),
        cmocka_unit_test_setup_teardown(two_writers_do_not_meet, in_a_folder, and_away),
    };

    return cmocka_run_group_tests_name("sim file", tests, NULL, NULL);
}
