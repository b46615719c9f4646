using System.Runtime.InteropServices;

namespace RadLab.Tests;

/// <summary>Cuts a file short while another handle has it open, as another program may.</summary>
internal static partial class CutFile
{
    public static void To(string path, long length)
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows does not let another program cut a file that is open");
        Assert.Equal(0, Truncate(path, length));
    }

    // The system call, because other programs are not bound by .NET's sharing rules.
    [LibraryImport("libc", EntryPoint = "truncate", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Truncate(string path, long length);
}
