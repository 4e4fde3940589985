// SPDX-License-Identifier: MIT
/*
 * NtQuerySystemInformation: which processors share a core, a package and caches.
 *
 * The processors' APIC ids have fields: the lowest bits number the processors of a core, the next
 * ones the cores of a package; a cache is shared by ids that agree from some bit on. How wide the
 * fields are CPUID says, for all processors alike. There is one group and one NUMA node, for
 * everything.
 *
 * Source: Intel SDM vol. 2A, CPUID leaves 04H and 0BH; vol. 3A, 9.9.3; AMD APM vol. 3, CPUID
 * Fn8000_0005, 0006, 001D, 001E; learn.microsoft.com, GetLogicalProcessorInformation(Ex)
 */

#include "system_information.h"

#include <arch/cpu.h>
#include <kernel/string.h>

#include "nt_process.h"
#include "processor.h"

#define CACHES_MAX   8u
#define GROUP        0u
#define HEAD_SIZE(m) (offsetof(SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX, Processor) + sizeof(m))

// ---- what CPUID says ---------------------------------------------------------------------------

struct cache {
    CACHE_DESCRIPTOR what;
    unsigned id_shift; // processors whose APIC ids agree from this bit on share one
};

struct topology {
    unsigned core_shift, package_shift; // as id_shift
    unsigned cache_count;
    struct cache caches[CACHES_MAX];
};

// The width of a field that numbers `count` things.
static unsigned width_of(unsigned count)
{
    return count <= 1 ? 0 : 32 - (unsigned)__builtin_clz(count - 1);
}

static void measure_fields(struct topology *topology)
{
    if (processor_cpuid(0, 0).eax >= 0xB && processor_cpuid(0xB, 0).ebx != 0) {
        for (unsigned level = 0; level < 8; level++) {
            struct cpuid leaf = processor_cpuid(0xB, level);
            unsigned kind = leaf.ecx >> 8 & 0xFF;
            if (kind == 0)
                break;
            if (kind == 1)
                topology->core_shift = leaf.eax & 0x1F;
            topology->package_shift = leaf.eax & 0x1F;
        }
        return;
    }
    struct cpuid one = processor_cpuid(1, 0);
    unsigned logical = one.edx >> 28 & 1 ? one.ebx >> 16 & 0xFF : 1;
    unsigned cores = 1;
    topology->package_shift = width_of(logical);
    if (processor_cpuid(0x80000000, 0).eax >= 0x80000008)
        cores = (processor_cpuid(0x80000008, 0).ecx & 0xFF) + 1;
    if (cores == 1 && processor_cpuid(0, 0).eax >= 4)
        cores = (processor_cpuid(4, 0).eax >> 26) + 1;
    unsigned core_width = width_of(cores);
    topology->package_shift = MAX(topology->package_shift, core_width);
    topology->core_shift = topology->package_shift - core_width;
}

// The leaves 4 (Intel) and 8000001DH (AMD) have the same form. Returns whether there was a cache.
static bool add_cache(struct topology *topology, struct cpuid leaf)
{
    static const PROCESSOR_CACHE_TYPE types[] = { CacheData, CacheInstruction, CacheUnified };
    unsigned type = leaf.eax & 0x1F;
    if (type == 0 || type > ARRAY_SIZE(types) || topology->cache_count == CACHES_MAX)
        return false;
    unsigned ways = (leaf.ebx >> 22) + 1, partitions = (leaf.ebx >> 12 & 0x3FF) + 1;
    unsigned line = (leaf.ebx & 0xFFF) + 1;
    bool is_fully_associative = leaf.eax >> 9 & 1;
    topology->caches[topology->cache_count++] = (struct cache){
        .what = { .Level = leaf.eax >> 5 & 7,
                  .Associativity =
                      is_fully_associative ? CACHE_FULLY_ASSOCIATIVE : (UCHAR)MIN(ways, 0xFEu),
                  .LineSize = (USHORT)line,
                  .Size = ways * partitions * line * (leaf.ecx + 1),
                  .Type = types[type - 1] },
        .id_shift = width_of((leaf.eax >> 14 & 0xFFF) + 1),
    };
    return true;
}

// AMD's older way to describe them: first-level caches are a core's own, and the second level, too.
static void add_old_cache(struct topology *topology, UCHAR level, PROCESSOR_CACHE_TYPE type,
                          ULONG kib, ULONG ways, ULONG line)
{
    if (kib == 0 || topology->cache_count == CACHES_MAX)
        return;
    topology->caches[topology->cache_count++] = (struct cache){
        .what = { level, (UCHAR)ways, (USHORT)line, kib * (ULONG)KIB, type },
        .id_shift = topology->core_shift,
    };
}

static void add_old_caches(struct topology *topology)
{
    static const UCHAR ways_of_code[] = { 0, 1, 2, 3, 4, 6, 8, 0, 16, 0, 32, 48, 64, 96, 128, 255 };
    if (processor_cpuid(0x80000000, 0).eax < 0x80000006)
        return;
    struct cpuid first = processor_cpuid(0x80000005, 0), second = processor_cpuid(0x80000006, 0);
    add_old_cache(topology, 1, CacheData, first.ecx >> 24, first.ecx >> 16 & 0xFF,
                  first.ecx & 0xFF);
    add_old_cache(topology, 1, CacheInstruction, first.edx >> 24, first.edx >> 16 & 0xFF,
                  first.edx & 0xFF);
    add_old_cache(topology, 2, CacheUnified, second.ecx >> 16, ways_of_code[second.ecx >> 12 & 0xF],
                  second.ecx & 0xFF);
}

static struct topology measure(void)
{
    struct topology topology = { 0 };
    measure_fields(&topology);
    if (processor_cpuid(0, 0).eax >= 4)
        for (unsigned i = 0; i < CACHES_MAX && add_cache(&topology, processor_cpuid(4, i)); i++)
            ;
    bool has_extensions = processor_cpuid(0x80000000, 0).eax >= 0x8000001D &&
                          processor_cpuid(0x80000001, 0).ecx >> 22 & 1;
    if (topology.cache_count == 0 && has_extensions)
        for (unsigned i = 0; i < CACHES_MAX && add_cache(&topology, processor_cpuid(0x8000001D, i));
             i++)
            ;
    if (topology.cache_count == 0)
        add_old_caches(&topology);
    return topology;
}

// ---- sets of processors ------------------------------------------------------------------------

// The processors that agree with `number` in their APIC ids from bit `shift` on.
static KAFFINITY sharers(unsigned number, unsigned shift)
{
    KAFFINITY mask = 0;
    for (unsigned i = 0; i < cpu_count(); i++)
        if (cpus[i]->apic_id >> shift == cpus[number]->apic_id >> shift)
            mask |= 1ull << i;
    return mask;
}

// Calls emit once for each set of sharers, in the order of their first members.
static void for_each_set(struct system_answer *answer, unsigned shift, const void *what,
                         void (*emit)(struct system_answer *answer, KAFFINITY mask,
                                      const void *what))
{
    for (unsigned i = 0; i < cpu_count(); i++) {
        KAFFINITY mask = sharers(i, shift);
        if ((mask & ((1ull << i) - 1)) == 0)
            emit(answer, mask, what);
    }
}

static UCHAR core_flags(KAFFINITY mask)
{
    return mask & (mask - 1) ? LTP_PC_SMT : 0;
}

// ---- SystemLogicalProcessorInformation ---------------------------------------------------------

typedef SYSTEM_LOGICAL_PROCESSOR_INFORMATION ENTRY;

static void emit_core(struct system_answer *answer, KAFFINITY mask, const void *unused)
{
    (void)unused;
    ENTRY entry = { .ProcessorMask = mask, .Relationship = RelationProcessorCore };
    entry.ProcessorCore.Flags = core_flags(mask);
    system_answer_append(answer, &entry, sizeof(entry));
}

static void emit_cache(struct system_answer *answer, KAFFINITY mask, const void *what)
{
    ENTRY entry = { .ProcessorMask = mask, .Relationship = RelationCache };
    entry.Cache = ((const struct cache *)what)->what;
    system_answer_append(answer, &entry, sizeof(entry));
}

static void emit_package(struct system_answer *answer, KAFFINITY mask, const void *unused)
{
    (void)unused;
    ENTRY entry = { .ProcessorMask = mask, .Relationship = RelationProcessorPackage };
    system_answer_append(answer, &entry, sizeof(entry));
}

void system_list_topology(struct system_answer *answer)
{
    struct topology topology = measure();
    ENTRY node = { .ProcessorMask = nt_processors(), .Relationship = RelationNumaNode };
    for_each_set(answer, topology.core_shift, NULL, emit_core);
    for (unsigned i = 0; i < topology.cache_count; i++)
        for_each_set(answer, topology.caches[i].id_shift, &topology.caches[i], emit_cache);
    for_each_set(answer, topology.package_shift, NULL, emit_package);
    system_answer_append(answer, &node, sizeof(node));
}

// ---- SystemLogicalProcessorInformationEx -------------------------------------------------------

typedef SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX ENTRY_EX;

static void append_ex(struct system_answer *answer, ENTRY_EX *entry,
                      LOGICAL_PROCESSOR_RELATIONSHIP kind, size_t size)
{
    entry->Relationship = kind;
    entry->Size = (ULONG)size;
    system_answer_append(answer, entry, (ULONG)size);
}

static void emit_processors_ex(struct system_answer *answer, KAFFINITY mask, const void *kind)
{
    ENTRY_EX entry = { 0 };
    bool is_core = *(const LOGICAL_PROCESSOR_RELATIONSHIP *)kind == RelationProcessorCore;
    entry.Processor.Flags = is_core ? core_flags(mask) : 0;
    entry.Processor.GroupCount = 1;
    entry.Processor.GroupMask[0] = (GROUP_AFFINITY){ .Mask = mask, .Group = GROUP };
    append_ex(answer, &entry, *(const LOGICAL_PROCESSOR_RELATIONSHIP *)kind,
              HEAD_SIZE(entry.Processor));
}

static void emit_cache_ex(struct system_answer *answer, KAFFINITY mask, const void *what)
{
    const CACHE_DESCRIPTOR *cache = &((const struct cache *)what)->what;
    ENTRY_EX entry = { 0 };
    entry.Cache = (CACHE_RELATIONSHIP){
        .Level = cache->Level,
        .Associativity = cache->Associativity,
        .LineSize = cache->LineSize,
        .CacheSize = cache->Size,
        .Type = cache->Type,
        .GroupMask = { .Mask = mask, .Group = GROUP },
    };
    append_ex(answer, &entry, RelationCache, HEAD_SIZE(entry.Cache));
}

static void append_node_ex(struct system_answer *answer)
{
    ENTRY_EX entry = { 0 };
    entry.NumaNode.GroupMask = (GROUP_AFFINITY){ .Mask = nt_processors(), .Group = GROUP };
    append_ex(answer, &entry, RelationNumaNode, HEAD_SIZE(entry.NumaNode));
}

static void append_group_ex(struct system_answer *answer)
{
    ENTRY_EX entry = { 0 };
    entry.Group.MaximumGroupCount = entry.Group.ActiveGroupCount = 1;
    entry.Group.GroupInfo[0] = (PROCESSOR_GROUP_INFO){
        .MaximumProcessorCount = (UCHAR)cpu_count(),
        .ActiveProcessorCount = (UCHAR)cpu_count(),
        .ActiveProcessorMask = nt_processors(),
    };
    append_ex(answer, &entry, RelationGroup, HEAD_SIZE(entry.Group));
}

void system_list_topology_of(struct system_answer *answer, LOGICAL_PROCESSOR_RELATIONSHIP kind)
{
    static const LOGICAL_PROCESSOR_RELATIONSHIP core = RelationProcessorCore,
                                                package = RelationProcessorPackage;
    struct topology topology = measure();
    bool all = kind == RelationAll;
    if (all || kind == RelationProcessorCore)
        for_each_set(answer, topology.core_shift, &core, emit_processors_ex);
    if (all || kind == RelationCache)
        for (unsigned i = 0; i < topology.cache_count; i++)
            for_each_set(answer, topology.caches[i].id_shift, &topology.caches[i], emit_cache_ex);
    if (all || kind == RelationProcessorPackage)
        for_each_set(answer, topology.package_shift, &package, emit_processors_ex);
    if (all || kind == RelationNumaNode)
        append_node_ex(answer);
    if (all || kind == RelationGroup)
        append_group_ex(answer);
}

// ---- SystemCpuSetInformation -------------------------------------------------------------------

// The lowest processor that shares with this one, as programs number cores and caches.
static UCHAR first_sharer(unsigned number, unsigned shift)
{
    return (UCHAR)__builtin_ctzll(sharers(number, shift));
}

void system_list_cpu_sets(struct system_answer *answer)
{
    struct topology topology = measure();
    unsigned last_cache_shift = 0, level = 0;
    for (unsigned i = 0; i < topology.cache_count; i++) {
        if (topology.caches[i].what.Level < level)
            continue;
        level = topology.caches[i].what.Level;
        last_cache_shift = topology.caches[i].id_shift;
    }
    for (unsigned i = 0; i < cpu_count(); i++) {
        SYSTEM_CPU_SET_INFORMATION entry = {
            .Size = sizeof(entry),
            .Id = CPU_SET_FIRST_ID + i,
            .Group = GROUP,
            .LogicalProcessorIndex = (UCHAR)i,
            .CoreIndex = first_sharer(i, topology.core_shift),
            .LastLevelCacheIndex = first_sharer(i, last_cache_shift),
        };
        system_answer_append(answer, &entry, sizeof(entry));
    }
}
