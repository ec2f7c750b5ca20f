/* SPDX-License-Identifier: Apache-2.0 */
/* Output files: complete or absent, whatever happens. */
#define _XOPEN_SOURCE 700 /* mkdtemp */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check_main.h"
#include "cli/output.h"

static char folder[] = "/tmp/sledsim-output-XXXXXX";

static void die_by_signal(void)
{
    raise(SIGTERM);
    _exit(0);
}

/* Each test runs in an empty current folder of its own. */
static void enter_folder(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    signal(SIGTERM, SIG_DFL); /* not Check's handler, which ends the test */
}

static void leave_folder(void)
{
    char command[64];

    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(system(command), 0);
}

static int count_files(void)
{
    DIR *dir = opendir(".");
    int n = -2; /* "." and ".." */

    ck_assert_ptr_nonnull(dir);
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n;
}

static void assert_holds(const char *path, const char *expected)
{
    char text[64] = "";
    FILE *file = fopen(path, "r");

    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    ck_assert_str_eq(text, expected);
}

static enum sled_status write_file(const char *path, const char *text, struct sled_err *err)
{
    struct sled_output out;
    enum sled_status st = sled_output_open(&out, path, err);

    if (st == SLED_OK) {
        fputs(text, out.stream);
        st = sled_output_commit(&out, err);
        sled_output_finish(&out);
    }
    return st;
}

START_TEST(a_committed_file_replaces_the_old_one)
{
    struct sled_err err = SLED_ERR_INIT;

    ck_assert_int_eq(write_file("a.json", "old", &err), SLED_OK);
    ck_assert_int_eq(write_file("a.json", "new", &err), SLED_OK);
    assert_holds("a.json", "new");
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(an_abandoned_file_leaves_nothing)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_output a, b;

    ck_assert_int_eq(write_file("a.json", "old", &err), SLED_OK);
    ck_assert_int_eq(sled_output_open(&a, "a.json", &err), SLED_OK);
    ck_assert_int_eq(sled_output_open(&b, "b.json", &err), SLED_OK);
    fputs("half", a.stream);
    ck_assert_int_eq(count_files(), 3);
    sled_output_finish(&a);
    sled_output_finish(&b);
    assert_holds("a.json", "old");
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(a_signal_leaves_nothing)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_output a, b;
    const pid_t child = fork();

    ck_assert_int_ne(child, -1);
    if (child == 0) {
        sled_output_open(&a, "a.json", &err);
        sled_output_open(&b, "b.json", &err);
        fputs("half", a.stream);
        die_by_signal();
    }

    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGTERM);
    ck_assert_int_eq(count_files(), 0);
}
END_TEST

START_TEST(a_dying_child_leaves_the_parents_file)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_output out;

    ck_assert_int_eq(sled_output_open(&out, "a.json", &err), SLED_OK);
    const pid_t child = fork();
    ck_assert_int_ne(child, -1);
    if (child == 0) {
        die_by_signal();
    }
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    fputs("kept", out.stream);
    ck_assert_int_eq(sled_output_commit(&out, &err), SLED_OK);
    sled_output_finish(&out);
    assert_holds("a.json", "kept");
}
END_TEST

START_TEST(a_link_stays_a_link)
{
    struct sled_err err = SLED_ERR_INIT;
    struct stat st;

    ck_assert_int_eq(write_file("real.json", "old", &err), SLED_OK);
    ck_assert_int_eq(symlink("real.json", "link.json"), 0);
    ck_assert_int_eq(write_file("link.json", "new", &err), SLED_OK);
    ck_assert_int_eq(lstat("link.json", &st), 0);
    ck_assert(S_ISLNK(st.st_mode));
    assert_holds("real.json", "new");
    ck_assert_int_eq(count_files(), 2);
}
END_TEST

START_TEST(a_device_is_written_in_place)
{
    struct sled_err err = SLED_ERR_INIT;
    struct stat st;

    ck_assert_int_eq(write_file("/dev/null", "text", &err), SLED_OK);
    ck_assert_int_eq(stat("/dev/null", &st), 0);
    ck_assert(S_ISCHR(st.st_mode));
    ck_assert_int_eq(write_file("/dev/full", "text", &err), SLED_E_IO);
    ck_assert_str_eq(err.msg, "cannot write \"/dev/full\": No space left on device");
}
END_TEST

START_TEST(what_cannot_be_written_is_told)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_output out;

    ck_assert_int_eq(sled_output_open(&out, "no/such/file", &err), SLED_E_IO);
    ck_assert_str_eq(err.msg, "cannot write \"no/such/file\": No such file or directory");
    sled_output_finish(&out); /* harmless after a failure */
    err = (struct sled_err)SLED_ERR_INIT;
    ck_assert_int_eq(sled_output_open(&out, ".", &err), SLED_E_IO);
    ck_assert_str_eq(err.msg, "cannot write \".\": Is a directory");
}
END_TEST

/* The write that failed is not the last: its reason must not be lost with the text. */
START_TEST(an_early_failure_is_told_at_the_end)
{
    struct sled_err err = SLED_ERR_INIT;
    static char text[1 << 20];

    memset(text, 'x', sizeof text - 1);
    ck_assert_int_eq(write_file("/dev/full", text, &err), SLED_E_IO);
    ck_assert_str_eq(err.msg, "cannot write \"/dev/full\": No space left on device");
}
END_TEST

START_TEST(absent_and_dash_are_standard_output)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_output out;

    ck_assert_int_eq(sled_output_open(&out, NULL, &err), SLED_OK);
    ck_assert_ptr_eq(out.stream, stdout);
    sled_output_finish(&out);
    ck_assert_int_eq(sled_output_open(&out, "-", &err), SLED_OK);
    ck_assert_ptr_eq(out.stream, stdout);
    sled_output_finish(&out);
    ck_assert_int_eq(count_files(), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("output");
    TCase *tc = tcase_create("output");

    tcase_add_checked_fixture(tc, enter_folder, leave_folder);
    tcase_add_test(tc, a_committed_file_replaces_the_old_one);
    tcase_add_test(tc, an_abandoned_file_leaves_nothing);
    tcase_add_test(tc, a_signal_leaves_nothing);
    tcase_add_test(tc, a_dying_child_leaves_the_parents_file);
    tcase_add_test(tc, a_link_stays_a_link);
    tcase_add_test(tc, a_device_is_written_in_place);
    tcase_add_test(tc, what_cannot_be_written_is_told);
    tcase_add_test(tc, an_early_failure_is_told_at_the_end);
    tcase_add_test(tc, absent_and_dash_are_standard_output);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
