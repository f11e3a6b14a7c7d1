/* SPDX-License-Identifier: Apache-2.0 */
/* Constant expressions of C: numbers with suffixes, K and M as linker scripts write them, names,
 * + - * / % << >> & | ^ ~ and brackets. Two stacks, no recursion; nothing overflows in silence. */
#include "inner.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define STACK 64u
#define MOST (INT64_C(1) << 48)

struct machine {
    int64_t values[STACK];
    char operators[STACK]; /* 'l' and 'r' are << and >>; 'n' is -x, '~' is ~x */
    size_t n_values, n_operators;
    const char *wrong;
};

static int rank(char op)
{
    switch (op) {
    case 'n':
    case '~': return 7;
    case '*':
    case '/':
    case '%': return 6;
    case '+':
    case '-': return 5;
    case 'l':
    case 'r': return 4;
    case '&': return 3;
    case '^': return 2;
    case '|': return 1;
    default: return 0;
    }
}

static int64_t compute(struct machine *m, char op, int64_t a, int64_t b)
{
    if (((op == '/' || op == '%') && b == 0) ||
        ((op == 'l' || op == 'r') && (b < 0 || b > 47 || a < 0))) {
        m->wrong = "it cannot be computed";
        return 0;
    }
    switch (op) {
    case '*':
        if (a && b &&
            (a > MOST || a < -MOST || b > MOST / (a < 0 ? -a : a) || b < -MOST / (a < 0 ? -a : a)))
            m->wrong = "its value is too large";
        return m->wrong ? 0 : a * b;
    case '/': return a / b;
    case '%': return a % b;
    case '+': return a + b;
    case '-': return a - b;
    case 'l':
        if (a > MOST >> b)
            m->wrong = "its value is too large";
        return m->wrong ? 0 : a << b;
    case 'r': return a >> b;
    case '&': return a & b;
    case '^': return a ^ b;
    default: return a | b;
    }
}

static void apply(struct machine *m)
{
    char op = m->operators[--m->n_operators];
    int64_t b, a;

    if (m->n_values < (op == 'n' || op == '~' ? 1u : 2u)) {
        m->wrong = "a number is missing";
        return;
    }
    b = m->values[--m->n_values];
    if (op == 'n' || op == '~') {
        m->values[m->n_values++] = op == 'n' ? -b : ~b & UINT32_MAX;
        return;
    }
    a = m->values[--m->n_values];
    a = compute(m, op, a, b);
    if (a > MOST || a < -MOST)
        m->wrong = "its value is too large";
    m->values[m->n_values++] = a;
}

static void push(struct machine *m, int64_t value)
{
    if (m->n_values == STACK)
        m->wrong = "it is too long";
    else
        m->values[m->n_values++] = value;
}

/* A number with its suffix: 0x1000UL, 64K. */
static size_t number(struct machine *m, const char *text, size_t len)
{
    unsigned base = 10;
    int64_t value = 0;
    size_t i = 0, digits = 0;

    if (len > 1 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        i = 2;
    } else if (len > 1 && text[0] == '0' && isdigit((unsigned char)text[1])) {
        base = 8;
        i = 1;
    }
    for (; i < len && isalnum((unsigned char)text[i]); i++, digits++) {
        unsigned d = isdigit((unsigned char)text[i]) ? (unsigned)(text[i] - '0')
                                                     : (unsigned)(tolower(text[i]) - 'a') + 10u;
        if (d >= base)
            break;
        value = value * (int64_t)base + d;
        if (value > MOST) {
            m->wrong = "its value is too large";
            return len;
        }
    }
    if (!digits && base != 8)
        m->wrong = "a number without digits";
    for (; i < len && isalpha((unsigned char)text[i]); i++) {
        char c = (char)toupper((unsigned char)text[i]);

        int64_t factor = c == 'K' ? 1024 : c == 'M' ? 1024 * 1024 : 1;

        if (factor == 1 && c != 'U' && c != 'L')
            m->wrong = "a number with letters after it";
        if (value > MOST / factor) {
            m->wrong = "its value is too large";
            return len;
        }
        value *= factor;
    }
    push(m, value);
    return i;
}

static size_t name(struct machine *m, const char *text, size_t len, name_value *names,
                   const void *context)
{
    int64_t value = 0;
    size_t i = 0;

    while (i < len && (isalnum((unsigned char)text[i]) || text[i] == '_' || text[i] == '.'))
        i++;
    if (!names || !names(text, i, context, &value))
        m->wrong = "it names something that has no value here";
    push(m, value);
    return i;
}

static void operator(struct machine *m, char op)
{
    while (m->n_operators && m->operators[m->n_operators - 1] != '(' && !m->wrong && rank(op) < 7 &&
           rank(m->operators[m->n_operators - 1]) >= rank(op))
        apply(m);
    if (m->n_operators == STACK)
        m->wrong = "it is too long";
    else
        m->operators[m->n_operators++] = op;
}

const char *expression(const char *text, size_t len, name_value *names, const void *context,
                       int64_t *out)
{
    struct machine m = { .wrong = NULL };
    bool value_next = true;

    for (size_t i = 0; i < len && !m.wrong;) {
        char c = text[i];

        if (isspace((unsigned char)c)) {
            i++;
        } else if (value_next && isdigit((unsigned char)c)) {
            i += number(&m, text + i, len - i);
            value_next = false;
        } else if (value_next && (isalpha((unsigned char)c) || c == '_')) {
            i += name(&m, text + i, len - i, names, context);
            value_next = false;
        } else if (value_next && (c == '-' || c == '~' || c == '+')) {
            if (c != '+')
                operator(&m, c == '-' ? 'n' : '~');
            i++;
        } else if (value_next && c == '(') {
            if (m.n_operators == STACK)
                m.wrong = "it is too long";
            else
                m.operators[m.n_operators++] = '(';
            i++;
        } else if (!value_next && c == ')') {
            while (m.n_operators && m.operators[m.n_operators - 1] != '(' && !m.wrong)
                apply(&m);
            if (!m.n_operators)
                m.wrong = "a bracket is missing";
            else
                m.n_operators--;
            i++;
        } else if (!value_next && len - i > 1 && (c == '<' || c == '>') && text[i + 1] == c) {
            operator(&m, c == '<' ? 'l' : 'r');
            value_next = true;
            i += 2;
        } else if (!value_next && strchr("+-*/%&|^", c)) {
            operator(&m, c);
            value_next = true;
            i++;
        } else {
            m.wrong = "it is no expression of numbers";
        }
    }
    while (m.n_operators && !m.wrong) {
        if (m.operators[m.n_operators - 1] == '(')
            m.wrong = "a bracket is missing";
        else
            apply(&m);
    }
    if (!m.wrong && (m.n_values != 1 || value_next))
        m.wrong = "a number is missing";
    *out = m.wrong ? 0 : m.values[0];
    return m.wrong;
}
