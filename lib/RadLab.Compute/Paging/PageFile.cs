using System.Globalization;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RadLab.Compute;

/// <summary>A file of zeros that parts of can be mapped into memory. Its space is reserved at once, and it goes away with the process however that ends.</summary>
/// <remarks>
/// Writing into the mapping of a file whose disk is full kills the process, so every byte is there before anything is mapped. Linux and macOS take the name away
/// right after opening; Windows deletes the file when its last handle is closed.
/// </remarks>
internal sealed unsafe partial class PageFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly MemoryMappedFile? _mapping;

    /// <param name="folder">Made where it is missing.</param>
    /// <param name="views">Through .NET's views, as where there is no mmap; for tests.</param>
    public PageFile(string folder, long bytes, bool views = false)
    {
        Name = Path.Combine(Path.GetFullPath(folder), $"radlab-{Path.GetRandomFileName()}.pages");
        bool unix = OperatingSystem.IsLinux() || OperatingSystem.IsMacOS();
        try
        {
            Directory.CreateDirectory(folder);
            long free = new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(Name)! : Path.GetFullPath(folder)).AvailableFreeSpace;
            if (free < bytes) throw Full(Name, bytes, Text($"{free:N0} are free"));
            _handle = File.OpenHandle(Name, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, unix ? FileOptions.None : FileOptions.DeleteOnClose);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"PageFile: {folder} must be a folder that can be written to: {e.Message} Choose another one.", e);
        }
        try
        {
            if (unix) File.Delete(Name);
            Reserve(_handle, bytes, Name);
            if (views || !unix) _mapping = MemoryMappedFile.CreateFromFile(_handle, null, bytes, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
        }
        catch
        {
            _handle.Dispose();
            throw;
        }
    }

    /// <summary>Under which the system lists the mappings.</summary>
    public string Name { get; }

    /// <summary>Where a mapping may begin: at multiples of this.</summary>
    public static long Granularity => OperatingSystem.IsWindows() ? 1 << 16 : Environment.SystemPageSize;

    /// <summary>Maps a part; <see cref="Unmap"/> takes it away, what was written stays in the file.</summary>
    public PageView Map(long offset, long length)
    {
        if (_mapping is { } mapping)
        {
            var view = mapping.CreateViewAccessor(offset, length);
            byte* start = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            return new PageView(start + view.PointerOffset, view);
        }
        nint p = MemoryMap(0, (nuint)length, 3 /* read and write */, 1 /* shared */, _handle, offset);
        if (p == -1)
            throw new IOException(Text($"PageFile: {length:N0} bytes of {Name} could not be mapped (error {Marshal.GetLastPInvokeError()}); the system may be out of memory or of mappings (vm.max_map_count)."));
        return new PageView((byte*)p, null);
    }

    public static void Unmap(in PageView view, long length)
    {
        if (view.Accessor is { } accessor)
        {
            accessor.SafeMemoryMappedViewHandle.ReleasePointer();
            accessor.Dispose();
        }
        else if (MemoryUnmap((nint)view.Pointer, (nuint)length) != 0)
        {
            throw new IOException(Text($"PageFile: {length:N0} bytes could not be unmapped (error {Marshal.GetLastPInvokeError()})."));
        }
    }

    /// <summary>Brings a mapped part in before it is used, ready for writing. Nobody else may write there meanwhile.</summary>
    public static void Touch(in PageView view, long length)
    {
        // one call for all pages, where the system has it (Linux 5.14)
        if (OperatingSystem.IsLinux() && view.Accessor is null && Advise((nint)view.Pointer, (nuint)length, 23 /* MADV_POPULATE_WRITE */) == 0) return;
        for (long at = 0; at < length; at += Environment.SystemPageSize) Volatile.Write(ref view.Pointer[at], Volatile.Read(ref view.Pointer[at]));
    }

    public void Dispose()
    {
        _mapping?.Dispose();
        _handle.Dispose();
    }

    /// <summary>Makes a file of <paramref name="bytes"/> zeros for which the disk has all its blocks.</summary>
    internal static void Reserve(SafeFileHandle file, long bytes, string name)
    {
        if (OperatingSystem.IsLinux())
        {
            int error;
            do error = Allocate(file, 0, bytes);
            while (error == 4 /* interrupted */);
            if (error == 0) return;
            if (error is 28 or 27 or 122) throw Full(name, bytes, Text($"the system refused (error {error})"));
            // else: a file system that cannot reserve space
        }
        var zeros = new byte[1 << 20];
        try
        {
            for (long at = 0; at < bytes; at += zeros.Length) RandomAccess.Write(file, zeros.AsSpan(0, (int)Math.Min(zeros.Length, bytes - at)), at);
            RandomAccess.FlushToDisk(file);
        }
        catch (IOException e)
        {
            throw Full(name, bytes, e.Message, e);
        }
    }

    private static IOException Full(string name, long bytes, string why, Exception? inner = null) =>
        new(Text($"PageFile: {name} must have {bytes:N0} bytes on its disk: {why.TrimEnd('.')}; free some, or choose another folder or a smaller optimizer state."), inner);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    private static partial int Allocate(SafeFileHandle file, long offset, long length);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint MemoryMap(nint address, nuint length, int protection, int flags, SafeFileHandle file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int MemoryUnmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}

/// <summary>A mapped part of a <see cref="PageFile"/>.</summary>
internal readonly unsafe struct PageView(byte* pointer, MemoryMappedViewAccessor? accessor)
{
    public readonly byte* Pointer = pointer;
    public readonly MemoryMappedViewAccessor? Accessor = accessor;
}
