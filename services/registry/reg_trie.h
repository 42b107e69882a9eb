/* reg_trie.h: keys of bytes, each with a value, that are found by their beginning, best weight first, or with typos.
 * Reach for it in the index of actors. A node takes 24 bytes and there are about four for each key of a gazetteer;
 * removing a key frees its nodes for others.
 *
 * One thread writes while none reads; reading is for many threads at once. */
#ifndef REG_TRIE_H
#define REG_TRIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct reg_trie reg_trie;

/* Bytes of a key that count; a longer one is as if it ended there. */
enum { REG_TRIE_DEPTH = 96 };

/* What hangs on a key. Several may hang on one. */
typedef struct reg_trie_value {
    uint32_t owner;  /* whatever the caller knows it by */
    uint16_t which;  /* which of the owner's keys it is */
    uint8_t marks;   /* bits by which readers pick */
    uint32_t weight; /* heavier ones come first */
} reg_trie_value;

reg_trie *reg_trie_new(void);
void reg_trie_free(reg_trie *trie); /* NULL is fine */

void reg_trie_add(reg_trie *trie, const char *key, reg_trie_value value);
void reg_trie_remove(reg_trie *trie, const char *key, uint32_t owner, uint16_t which);
size_t reg_trie_count(const reg_trie *trie); /* of values */
size_t reg_trie_nodes(const reg_trie *trie); /* in use */

/* Called with a value; `edits` is 0 unless there are typos. False: enough. */
typedef bool reg_trie_visit(void *context, const reg_trie_value *value, int edits);

/* Values of the key itself, in the order in which they were added last; then those of longer keys that begin with it,
 * the heaviest first. Only those with one of `marks`. */
void reg_trie_whole(const reg_trie *trie, const char *key, uint8_t marks, reg_trie_visit *visit, void *context);
void reg_trie_longer(const reg_trie *trie, const char *key, uint8_t marks, reg_trie_visit *visit, void *context);

/* Values of keys that are 1 to `most` edits away: a byte more, less or another, or two that changed places. */
void reg_trie_similar(const reg_trie *trie, const char *key, int most, uint8_t marks, reg_trie_visit *visit,
                      void *context);

#endif
