using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RadLab.Notebooks;

/// <summary>A kernel that Jupyter clients of this user can choose.</summary>
/// <param name="IsOurs">Starts RadLab.</param>
public sealed record InstalledKernel(string Name, string DisplayName, string Folder, bool IsOurs);

/// <summary>Kernel specifications in Jupyter's data folders: the files by which clients find kernels. No Python needed.</summary>
public sealed class KernelSpec
{
    public const string OwnName = "radlab-csharp";

    /// <summary>The name under which C# notebooks were made until .NET Interactive ended; they open when a kernel has it.</summary>
    public const string InheritedName = ".net-csharp";

    private const int MaxBytes = 1 << 20;

    private readonly IReadOnlyList<string> _folders;

    /// <param name="dataFolders">Jupyter's data folders, the user's own first; null for those of this machine.</param>
    public KernelSpec(IReadOnlyList<string>? dataFolders = null) => _folders = dataFolders ?? DataFolders();

    /// <summary>Installs for this user; returns the names: <see cref="OwnName"/>, and <see cref="InheritedName"/> where no other kernel has it.</summary>
    /// <param name="command">Program and arguments that serve a connection file, given as the last argument.</param>
    public IReadOnlyList<string> Install(IReadOnlyList<string> command)
    {
        var names = new List<string> { OwnName };
        if (List().All(k => k.Name != InheritedName || k.IsOurs)) names.Add(InheritedName);
        foreach (string name in names)
        {
            var spec = new JsonObject
            {
                ["argv"] = new JsonArray([.. command.Append("{connection_file}").Select(a => (JsonNode)a)]),
                ["display_name"] = name == OwnName ? "RadLab (C#)" : ".NET (C#) on RadLab",
                ["language"] = "C#",
                ["interrupt_mode"] = "message",
                ["env"] = Variables(command[0]),
                ["metadata"] = new JsonObject { ["radlab"] = true },
            };
            string folder = Path.Combine(_folders[0], "kernels", name);
            Directory.CreateDirectory(folder);
            AtomicFile.Write(Path.Combine(folder, "kernel.json"), Encoding.UTF8.GetBytes(spec.ToJsonString(s_indented) + "\n"));
        }
        return names;
    }

    // An editor that the desktop has started may not have the variables of the shell, and the program itself would not find a runtime outside of the usual folders.
    private static JsonObject Variables(string program)
    {
        bool byDotnet = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        string root = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        return byDotnet || !Directory.Exists(Path.Combine(root, "host", "fxr")) ? [] : new JsonObject { ["DOTNET_ROOT"] = root };
    }

    /// <summary>Removes what <see cref="Install"/> wrote, and nothing else; returns the names.</summary>
    public IReadOnlyList<string> Uninstall()
    {
        var own = List().Where(k => k.IsOurs && Path.GetDirectoryName(Path.GetDirectoryName(k.Folder)) == Path.GetFullPath(_folders[0])).ToList();
        foreach (var kernel in own)
        {
            File.Delete(Path.Combine(kernel.Folder, "kernel.json"));
            if (!Directory.EnumerateFileSystemEntries(kernel.Folder).Any()) Directory.Delete(kernel.Folder);
        }
        return [.. own.Select(k => k.Name)];
    }

    /// <summary>All kernels that clients find, in the order in which they look.</summary>
    public IReadOnlyList<InstalledKernel> List()
    {
        var found = new List<InstalledKernel>();
        foreach (string data in _folders)
        {
            string kernels = Path.Combine(Path.GetFullPath(data), "kernels");
            if (!Directory.Exists(kernels)) continue;
            foreach (string folder in Directory.EnumerateDirectories(kernels).Order(StringComparer.Ordinal))
                if (Read(folder) is { } kernel && found.All(k => k.Name != kernel.Name)) found.Add(kernel);
        }
        return found;
    }

    private static InstalledKernel? Read(string folder)
    {
        var file = new FileInfo(Path.Combine(folder, "kernel.json"));
        if (!file.Exists || file.Length > MaxBytes) return null;
        string name = Path.GetFileName(folder).ToLowerInvariant();
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(file.FullName));
            bool ours = json.RootElement.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object && metadata.TryGetProperty("radlab", out _);
            return new InstalledKernel(name, json.RootElement.GetProperty("display_name").GetString() ?? name, folder, ours);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return new InstalledKernel(name, "(broken kernel.json)", folder, IsOurs: false);
        }
    }

    // Jupyter's own rules (jupyter_core.paths).
    private static List<string> DataFolders()
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
        string own = Variable("JUPYTER_DATA_DIR")
            ?? (OperatingSystem.IsWindows() ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "jupyter")
                : OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Jupyter")
                : Path.Combine(Variable("XDG_DATA_HOME") ?? Path.Combine(home, ".local", "share"), "jupyter"));
        var folders = new List<string> { own };
        if (Variable("JUPYTER_PATH") is { } more) folders.AddRange(more.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries));
        if (OperatingSystem.IsWindows()) folders.Add(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData), "jupyter"));
        else folders.AddRange(["/usr/local/share/jupyter", "/usr/share/jupyter"]);
        return folders;
    }

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
