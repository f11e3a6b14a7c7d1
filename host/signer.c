/* SPDX-License-Identifier: Apache-2.0 */
/* A signature from another program. Its two pipes are served at once, so that neither side waits for
 * the other for ever. */
#define _POSIX_C_SOURCE 200809L
#include "host/signer.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* A signature as it was printed: base64 is the longest form. */
#define ANSWER_MAX (2u * HOST_SIGNATURE_MAX)

struct answer {
    uint8_t data[ANSWER_MAX];
    size_t len;
};

struct child {
    pid_t pid;
    int in, out; /* our ends: what it reads, what it writes; -1: closed */
};

static int fail(const struct host_key *key, struct host_error *e, const char *what)
{
    return host_fail(e, HOST_FAILED, host_in(key->signer), "See what it printed above.", "%s",
                     what);
}

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static bool spawn(const char *command, int in[2], int out[2], pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    char *argv[] = { "sh", "-c", (char *)(uintptr_t)command, NULL };

    if (posix_spawn_file_actions_init(&actions) != 0)
        return false;
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return false;
    }
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    bool ok = posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO) == 0 &&
              posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO) == 0 &&
              posix_spawnattr_setsigdefault(&attributes, &defaults) == 0 &&
              posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF) == 0 &&
              posix_spawn(pid, "/bin/sh", &actions, &attributes, argv, environ) == 0;
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return ok;
}

static bool keep_from_children(int fd)
{
    return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

static bool start(const char *command, struct child *c)
{
    int in[2] = { -1, -1 }, out[2] = { -1, -1 };
    bool ok = pipe(in) == 0 && pipe(out) == 0 && keep_from_children(in[1]) &&
              keep_from_children(out[0]) && keep_from_children(in[0]) &&
              keep_from_children(out[1]) && fcntl(in[1], F_SETFL, O_NONBLOCK) == 0 &&
              spawn(command, in, out, &c->pid);

    close_end(&in[0]);
    close_end(&out[1]);
    if (!ok) {
        close_end(&in[1]);
        close_end(&out[0]);
    }
    c->in = in[1];
    c->out = out[0];
    return ok;
}

/* False: nothing more will come. */
static bool take(struct child *c, struct answer *answer)
{
    uint8_t beyond;
    bool room = answer->len < sizeof answer->data;
    ssize_t n = read(c->out, room ? answer->data + answer->len : &beyond,
                     room ? sizeof answer->data - answer->len : 1);

    if (n > 0 && room)
        answer->len += (size_t)n;
    else if (n > 0)
        answer->len = sizeof answer->data + 1;
    return n > 0 && answer->len <= sizeof answer->data;
}

/* A command that does not want all of its input is none of our business. */
static void give(struct child *c, const uint8_t *message, size_t len, size_t *given)
{
    ssize_t n = write(c->in, message + *given, len - *given);

    if (n > 0)
        *given += (size_t)n;
    if (*given == len || (n < 0 && errno != EAGAIN && errno != EINTR))
        close_end(&c->in);
}

static void converse(struct child *c, const uint8_t *message, size_t len, struct answer *answer)
{
    size_t given = 0;

    if (!len)
        close_end(&c->in);
    for (;;) {
        struct pollfd ends[2] = { { c->out, POLLIN, 0 }, { c->in, POLLOUT, 0 } };

        if (poll(ends, c->in >= 0 ? 2 : 1, -1) < 0 && errno != EINTR)
            break;
        if (c->in >= 0 && ends[1].revents)
            give(c, message, len, &given);
        if (ends[0].revents && !take(c, answer))
            break;
    }
    close_end(&c->in);
    close_end(&c->out);
}

static int run(const struct host_key *key, const uint8_t *message, size_t len,
               struct answer *answer, struct host_error *e)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
    struct child child;
    int status = 0;

    sigaction(SIGPIPE, &ignore, &before);
    bool started = start(key->signer, &child);
    if (started) {
        converse(&child, message, len, answer);
        while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
    sigaction(SIGPIPE, &before, NULL);
    if (!started)
        return host_fail(e, HOST_FAILED, host_in(key->signer), NULL,
                         "the signing command cannot be started: %s", strerror(errno));
    if (answer->len > sizeof answer->data)
        return fail(key, e, "the signing command printed more than any signature is long");
    if (WIFSIGNALED(status))
        return host_fail(e, HOST_FAILED, host_in(key->signer), NULL,
                         "the signing command was ended by signal %d", WTERMSIG(status));
    if (WEXITSTATUS(status))
        return host_fail(e, HOST_FAILED, host_in(key->signer), "See what it printed above.",
                         "the signing command failed with exit code %d", WEXITSTATUS(status));
    if (!answer->len)
        return fail(key, e, "the signing command printed no signature on its standard output");
    return HOST_OK;
}

static bool verifies(const struct host_key *key, const void *message, size_t message_len,
                     const struct answer *a)
{
    return a->len <= HOST_SIGNATURE_MAX &&
           host_key_check(key, message, message_len, a->data, a->len);
}

/* r and s, each as long as the curve's order, as DER. */
static bool from_numbers(const struct host_key *key, struct answer *a)
{
    size_t half = key->type->bits / 8u;
    bool ecdsa = key->type->signature == BH_SIG_P256 || key->type->signature == BH_SIG_P384;
    ECDSA_SIG *sig = ecdsa && a->len == 2 * half ? ECDSA_SIG_new() : NULL;
    unsigned char *at = a->data;

    if (!sig)
        return false;
    BIGNUM *r = BN_bin2bn(a->data, (int)half, NULL),
           *s = BN_bin2bn(a->data + half, (int)half, NULL);
    bool ok = r && s && ECDSA_SIG_set0(sig, r, s);
    int len = ok ? i2d_ECDSA_SIG(sig, &at) : 0;

    if (!ok) {
        BN_free(r);
        BN_free(s);
    }
    ECDSA_SIG_free(sig);
    a->len = len > 0 ? (size_t)len : 0;
    return len > 0;
}

static bool from_base64(struct answer *a)
{
    uint8_t text[ANSWER_MAX];
    size_t n = 0, pads = 0;

    for (size_t i = 0; i < a->len; i++)
        if (!strchr(" \t\r\n", a->data[i]) || !a->data[i])
            text[n++] = a->data[i];
    while (pads < n && pads < 2 && text[n - 1 - pads] == '=')
        pads++;
    int len = n && n % 4 == 0 ? EVP_DecodeBlock(a->data, text, (int)n) : -1;
    a->len = len > 0 ? (size_t)len - pads : 0;
    return len > 0;
}

/* The forms in which a signature may come. Each leaves what it made of the answer in *a. */
static bool accept(const struct host_key *key, const void *message, size_t len, struct answer *a)
{
    struct answer text = *a;

    if (verifies(key, message, len, a))
        return true;
    if (from_numbers(key, a))
        return verifies(key, message, len, a);
    *a = text;
    if (!from_base64(a))
        return false;
    return verifies(key, message, len, a) ||
           (from_numbers(key, a) && verifies(key, message, len, a));
}

int host_signer(const struct host_key *key, const void *message, size_t message_len,
                uint8_t *signature, size_t *len, struct host_error *e)
{
    struct answer answer = { .len = 0 };

    if (!key->evp)
        return host_fail(e, HOST_BAD_INPUT, host_in(key->signer), "Leave out --signer.",
                         "%s keys sign only with their own file", key->type->name);
    if (run(key, message, message_len, &answer, e))
        return e->code;
    size_t printed = answer.len;
    if (!accept(key, message, message_len, &answer) || answer.len > *len)
        return host_fail(
            e, HOST_FAILED, host_in(key->signer),
            "Is --key the public part of its key, and does it sign the digest as it is, "
            "without hashing it again?",
            "the signing command printed %zu bytes that are no signature by that key", printed);
    memcpy(signature, answer.data, answer.len);
    *len = answer.len;
    return HOST_OK;
}
