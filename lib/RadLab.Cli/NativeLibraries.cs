using System.Runtime.InteropServices;
using System.Text;

namespace RadLab.Cli;

/// <summary>An optional native library: whether it loads on this machine and what that means for the user.</summary>
/// <param name="File">The name or path under which it loaded; null when it did not.</param>
internal sealed record NativeLibraryState(string Name, string? File, string Meaning)
{
    public bool Found => File is not null;
}

/// <summary>
/// Looks for the GPU and MPI libraries where the engine looks: an environment variable with a full path, the loader's own
/// path, the folders of CUDA installations, and Python packages that bring the libraries along.
/// </summary>
internal static unsafe partial class NativeLibraries
{
    private sealed record Candidate(string Name, string Variable, string[] Names, string[] PackageFolders, string Found, string Missing);

    private static readonly Candidate s_driver = new(
        "CUDA driver", "RADLAB_LIBCUDA", ["libcuda.so.1", "libcuda.so", "nvcuda.dll"], [],
        "", "no NVIDIA driver: everything is computed on the CPU");

    private static readonly Candidate[] s_others =
    [
        new("NVRTC", "RADLAB_LIBNVRTC", ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so", "nvrtc64_130_0.dll", "nvrtc64_120_0.dll"], ["cu13/lib", "cuda_nvrtc/lib"],
            "GPU kernels can be compiled on first use", "needed on a GPU only: compiles its kernels (CUDA toolkit, or pip package nvidia-cuda-nvrtc)"),
        new("cuBLASLt", "RADLAB_LIBCUBLASLT", ["libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so", "cublasLt64_13.dll", "cublasLt64_12.dll"], ["cu13/lib", "cublas/lib"],
            "matrix products on a GPU can use it", "needed on a GPU only: its matrix products (CUDA toolkit, or pip package nvidia-cublas)"),
        new("NCCL", "RADLAB_LIBNCCL", ["libnccl.so.2", "libnccl.so"], ["nccl/lib"],
            "several GPUs can exchange gradients directly", "needed for several GPUs only (system package libnccl2, or pip package nvidia-nccl)"),
    ];

    private static readonly Candidate s_mpi = new(
        "MPI", "RADLAB_LIBMPI", ["libmpi.so.40", "libmpi_abi.so.0", "libmpi.so.12", "libmpich.so.12", "libmpi.so", "msmpi.dll"], [],
        "", "needed for runs over several machines only (system package openmpi-bin or mpich)");

    public static IReadOnlyList<NativeLibraryState> Probe() => [Driver(), .. s_others.Select(c => State(c, Find(c, out _), c.Found)), Mpi()];

    private static NativeLibraryState State(Candidate candidate, string? file, string found)
    {
        string? forced = Environment.GetEnvironmentVariable(candidate.Variable);
        return new NativeLibraryState(candidate.Name, file, (file, forced) switch
        {
            (not null, _) => found,
            (null, { Length: > 0 }) => $"{candidate.Variable} is set but the file it names does not load; {candidate.Missing}",
            _ => $"{candidate.Missing} [{candidate.Variable}]",
        });
    }

    // A driver library alone says little: in containers it is often there without a device behind it.
    private static NativeLibraryState Driver()
    {
        string? file = Find(s_driver, out nint library);
        if (file is null) return State(s_driver, null, "");
        if (!NativeLibrary.TryGetExport(library, "cuInit", out nint init)) return new(s_driver.Name, null, "the file found is not the CUDA driver; " + s_driver.Missing);
        int status = ((delegate* unmanaged<uint, int>)init)(0);
        if (status != 0) return new(s_driver.Name, file, FormattableString.Invariant($"it loads but finds no usable GPU (cuInit says {status}): everything is computed on the CPU"));
        return new(s_driver.Name, file, "GPUs: " + string.Join(", ", Devices(library)));
    }

    private static List<string> Devices(nint library)
    {
        var devices = new List<string>();
        var getCount = (delegate* unmanaged<int*, int>)NativeLibrary.GetExport(library, "cuDeviceGetCount");
        var get = (delegate* unmanaged<int*, int, int>)NativeLibrary.GetExport(library, "cuDeviceGet");
        var getName = (delegate* unmanaged<byte*, int, int, int>)NativeLibrary.GetExport(library, "cuDeviceGetName");
        var totalMem = (delegate* unmanaged<nuint*, int, int>)NativeLibrary.GetExport(library, "cuDeviceTotalMem_v2");
        int count = 0;
        if (getCount(&count) != 0) return devices;
        byte* name = stackalloc byte[256];
        for (int i = 0; i < count; i++)
        {
            int device;
            nuint bytes;
            if (get(&device, i) != 0 || getName(name, 256, device) != 0 || totalMem(&bytes, device) != 0) continue;
            devices.Add(FormattableString.Invariant($"{Marshal.PtrToStringUTF8((nint)name)} with {bytes / (double)(1L << 30):0.0} GiB"));
        }
        return devices;
    }

    private static NativeLibraryState Mpi()
    {
        // UCX, inside many MPI builds, takes over SIGSEGV when it is loaded; .NET needs that signal for null references.
        if (!OperatingSystem.IsWindows()) SetNativeVariable("UCX_ERROR_SIGNALS"u8, ""u8);
        string? file = Find(s_mpi, out nint library);
        if (file is null) return State(s_mpi, null, "");
        string flavour = NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out _) ? "Open MPI"
            : Path.GetFileName(file).StartsWith("libmpi_abi", StringComparison.Ordinal) ? "an MPI with the standard ABI"
            : file.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) ? "Microsoft MPI" : "MPICH or a relative";
        return State(s_mpi, file, $"{flavour}: runs can span several processes and machines");
    }

    private static string? Find(Candidate candidate, out nint handle)
    {
        if (Environment.GetEnvironmentVariable(candidate.Variable) is { Length: > 0 } forced)
            return NativeLibrary.TryLoad(forced, out handle) ? forced : null;
        foreach (string name in candidate.Names)
            if (NativeLibrary.TryLoad(name, out handle)) return name;
        foreach (string folder in Folders(candidate.PackageFolders).Distinct())
            foreach (string name in candidate.Names)
                if (Path.Combine(folder, name) is var path && File.Exists(path) && NativeLibrary.TryLoad(path, out handle)) return path;
        handle = 0;
        return null;
    }

    private static IEnumerable<string> Folders(string[] packageFolders)
    {
        foreach (string variable in new[] { "CUDA_HOME", "CUDA_PATH" })
            if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } home)
                foreach (string sub in new[] { "lib64", "targets/x86_64-linux/lib", "bin" }) yield return Path.Combine(home, sub);
        foreach (string folder in Matching("/usr/local", "cuda*")) yield return Path.Combine(folder, "lib64");
        foreach (string folder in new[] { "/usr/local/nvidia/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib/wsl/lib" }) yield return folder;

        string?[] roots =
        [
            Environment.GetEnvironmentVariable("VIRTUAL_ENV"), Environment.GetEnvironmentVariable("CONDA_PREFIX"), "/usr/local", "/usr",
            Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local"),
        ];
        foreach (string root in roots.Where(r => !string.IsNullOrEmpty(r))!)
            foreach (string python in Matching(Path.Combine(root, "lib"), "python3*"))
                foreach (string site in new[] { "site-packages", "dist-packages" })
                    foreach (string package in packageFolders) yield return Path.Combine(python, site, "nvidia", package);
    }

    private static IEnumerable<string> Matching(string folder, string pattern) =>
        Directory.Exists(folder) ? Directory.GetDirectories(folder, pattern).OrderDescending(StringComparer.Ordinal) : [];

    // Environment.SetEnvironmentVariable does not reach getenv of native code.
    private static void SetNativeVariable(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        fixed (byte* n = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(name) + '\0'), v = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(value) + '\0'))
            SetEnv(n, v, overwrite: 0);
    }

    [LibraryImport("libc", EntryPoint = "setenv")]
    private static partial int SetEnv(byte* name, byte* value, int overwrite);
}
