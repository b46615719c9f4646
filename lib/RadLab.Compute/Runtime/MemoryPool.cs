using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;

namespace RadLab.Compute;

/// <summary>What an engine's memory holds now, in bytes.</summary>
/// <param name="LiveBytes">In use by tensors and workspaces; each block counts its size rounded up to 64.</param>
/// <param name="PeakBytes">Highest <paramref name="LiveBytes"/> since the start or the last <see cref="Engine.ResetPeak"/>.</param>
/// <param name="ReservedBytes">Taken from the system: live, waiting for reuse, and rounding.</param>
public readonly record struct MemoryCounters(long LiveBytes, long PeakBytes, long ReservedBytes);

/// <summary>One piece of native memory, shared by a tensor and its views. The object itself is reused with the memory.</summary>
internal sealed unsafe class NativeBlock
{
    public byte* Pointer;
    public long Capacity;
    public long Charged;
    public int Shares;
}

/// <summary>Native 64-byte aligned memory in size classes; freed blocks wait for the next request of their class.</summary>
internal sealed unsafe partial class MemoryPool(long budgetBytes) : IDisposable
{
    private const int Alignment = 64;
    private const long HugeFrom = 4L << 20;
    private const int HugePage = 2 << 20;
    private const long SpareBytes = 64L << 20;
    private const long MostBytes = 1L << 47;   // the address space of a process

    private readonly Lock _gate = new();
    private readonly Dictionary<long, Stack<NativeBlock>> _free = [];
    private readonly Stack<NativeBlock> _shells = new();
    private long _live, _peak, _reserved;
    private bool _disposed;

    public MemoryCounters Counters
    {
        get { lock (_gate) return new MemoryCounters(_live, _peak, _reserved); }
    }

    public void ResetPeak()
    {
        lock (_gate) _peak = _live;
    }

    /// <summary>A block of at least <paramref name="bytes"/>, contents undefined, one share.</summary>
    public NativeBlock Rent(long bytes)
    {
        if (bytes > MostBytes) throw NoMore(bytes);
        long charged = Math.Max(Alignment, (bytes + Alignment - 1) & ~(long)(Alignment - 1));
        long capacity = ClassOf(charged);
        lock (_gate)
        {
            if (budgetBytes > 0 && _live + charged > budgetBytes)
                throw new MemoryBudgetException(string.Create(CultureInfo.InvariantCulture,
                    $"Engine: {charged:N0} more bytes on cpu would pass the budget of {budgetBytes:N0} ({_live:N0} in use); free tensors, take a smaller batch or raise MemoryBudgetBytes."));

            NativeBlock block;
            if (_free.TryGetValue(capacity, out var waiting) && waiting.TryPop(out var reused)) block = reused;
            else
            {
                // shapes that change from step to step must not leave a set of blocks behind for each shape
                GiveBackBeyond(Math.Max(_peak, _live + charged) * 3 / 2 + SpareBytes - capacity);
                byte* memory = Take(capacity);
                block = _shells.TryPop(out var shell) ? shell : new NativeBlock();
                block.Pointer = memory;
                block.Capacity = capacity;
                _reserved += capacity;
            }
            block.Charged = charged;
            block.Shares = 1;
            _live += charged;
            _peak = Math.Max(_peak, _live);
            return block;
        }
    }

    public void AddShare(NativeBlock block)
    {
        lock (_gate) block.Shares++;
    }

    public void Return(NativeBlock block)
    {
        lock (_gate)
        {
            if (--block.Shares > 0) return;
            _live -= block.Charged;
            if (_disposed)
            {
                GiveBack(block);
                return;
            }
            if (!_free.TryGetValue(block.Capacity, out var waiting)) _free[block.Capacity] = waiting = new Stack<NativeBlock>();
            waiting.Push(block);
        }
    }

    /// <summary>Gives every waiting block back to the system.</summary>
    public void Trim()
    {
        lock (_gate) GiveBackBeyond(0);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            GiveBackBeyond(0);
            _disposed = true;
        }
    }

    private void GiveBackBeyond(long reserved)
    {
        if (_reserved <= reserved) return;
        foreach (var waiting in _free.Values)
            while (_reserved > reserved && waiting.TryPop(out var block))
                GiveBack(block);
    }

    private void GiveBack(NativeBlock block)
    {
        NativeMemory.AlignedFree(block.Pointer);
        _reserved -= block.Capacity;
        block.Pointer = null;
        _shells.Push(block);
    }

    private byte* Take(long capacity)
    {
        bool huge = capacity >= HugeFrom;
        nuint alignment = huge ? HugePage : (nuint)Alignment;
        byte* p;
        try
        {
            p = (byte*)NativeMemory.AlignedAlloc((nuint)capacity, alignment);
        }
        catch (OutOfMemoryException)
        {
            GiveBackBeyond(0);
            try
            {
                p = (byte*)NativeMemory.AlignedAlloc((nuint)capacity, alignment);
            }
            catch (OutOfMemoryException)
            {
                throw NoMore(capacity);
            }
        }
        // advice only: fewer page faults and TLB misses where the system grants huge pages on request
        if (huge && OperatingSystem.IsLinux()) _ = Advise(p, (nuint)capacity, 14 /* MADV_HUGEPAGE */);
        return p;
    }

    private MemoryBudgetException NoMore(long bytes) => new(string.Create(CultureInfo.InvariantCulture,
        $"Engine: the system has no {bytes:N0} more bytes ({_reserved:N0} reserved); take a smaller batch or model, or set MemoryBudgetBytes."));

    // Multiples of 64 up to 4 KiB, then 16 classes per power of two: at most 6 % is lost to rounding.
    private static long ClassOf(long bytes)
    {
        if (bytes <= 4096) return bytes;
        int shift = BitOperations.Log2((ulong)(bytes - 1)) - 4;
        long step = 1L << shift;
        return (bytes + step - 1) & ~(step - 1);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
