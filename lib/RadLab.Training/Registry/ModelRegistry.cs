using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>A registered model: its versions, the stage of each, and the aliases that point to them.</summary>
public sealed record RegisteredModel(string Name, IReadOnlyList<RegistryEntry> Versions, IReadOnlyDictionary<int, RegistryStage> Stages, IReadOnlyDictionary<string, int> Aliases)
{
    public RegistryStage StageOf(int version) => Stages.GetValueOrDefault(version);
}

/// <summary>
/// Registered models in a folder: <c>NAME/v1.json</c> for each version, which never changes, and <c>NAME/state.json</c> with stages and aliases. Files appear
/// whole or not at all; a version's number is given once, also to two processes at the same time.
/// </summary>
public sealed class ModelRegistry(string folder)
{
    public const string DefaultFolder = "registry";
    private const string StateName = "state.json", LockName = ".lock";
    private const int MaxBytes = 1 << 24, MaxVersions = 1_000_000;

    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>All models by name.</summary>
    public IReadOnlyList<RegisteredModel> All() => !Directory.Exists(folder) ? []
        : [.. Directory.EnumerateDirectories(folder).Select(Path.GetFileName).Where(n => IsName(n!) && VersionsOf(n!).Count > 0).Order(StringComparer.Ordinal).Select(n => Get(n!))];

    /// <exception cref="RecipeException">There is none of that name, or one of its files is damaged.</exception>
    public RegisteredModel Get(string name)
    {
        CheckName(name);
        var versions = VersionsOf(name);
        if (versions.Count == 0) throw new RecipeException($"model '{name}': there is none of that name in {folder}; 'radlab registry list' shows them.");
        var (stages, aliases) = State(name);
        return new RegisteredModel(name, [.. versions.Select(v => Load(name, v))], stages, aliases);
    }

    /// <summary>One version: <c>NAME</c> is the latest, <c>NAME/2</c> and <c>NAME@ALIAS</c> are what they say.</summary>
    /// <exception cref="RecipeException">There is no such version.</exception>
    public RegistryEntry Find(string reference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        int at = reference.IndexOfAny(['@', '/']);
        var model = Get(at < 0 ? reference : reference[..at]);
        string what = at < 0 ? "" : reference[(at + 1)..];
        int? version = at < 0 ? model.Versions[^1].Version
            : reference[at] == '@' ? model.Aliases.TryGetValue(what, out int pointed) ? pointed : null
            : int.TryParse(what, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
        return model.Versions.FirstOrDefault(v => v.Version == version)
            ?? throw new RecipeException($"model '{reference}': there is no such version; {model.Name} has {string.Join(", ", model.Versions.Select(v => v.Version.ToString(CultureInfo.InvariantCulture)).Concat(model.Aliases.Keys.Order(StringComparer.Ordinal).Select(a => "@" + a)))}.");
    }

    /// <summary>Registers a finished run as the next version of a model.</summary>
    public RegistryEntry Add(string run, string name, DateTime utc)
    {
        CheckName(name);
        var entry = RegistryLineage.Of(run, name, 0, utc);
        return Locked(name, () =>
        {
            int version = (VersionsOf(name) is [.., var last] ? last : 0) + 1;
            entry = entry with { Version = version };
            WholeFile.Write(PathOf(name, version), Bytes(entry.ToJson()));
            return entry;
        });
    }

    /// <summary>Points an alias to a version; it leaves the one it pointed to.</summary>
    public void SetAlias(string name, string alias, int version)
    {
        CheckAlias(alias);
        Change(name, version, (stages, aliases) => aliases[alias] = version);
    }

    /// <summary>Refuses what no alias can be, before there is a version to be called so.</summary>
    /// <exception cref="RecipeException">It has other letters, or would be taken for a version.</exception>
    public static void CheckAlias(string alias)
    {
        ArgumentNullException.ThrowIfNull(alias);
        bool reserved = alias.Equals("latest", StringComparison.OrdinalIgnoreCase) || (alias.Length > 1 && alias[0] is 'v' or 'V' && alias[1..].All(char.IsAsciiDigit));
        if (alias.Length is 0 or > 255 || reserved || !alias.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
            throw new RecipeException($"alias '{alias}': must be letters, digits, _ and -, at most 255, and neither 'latest' nor v and a number.");
    }

    public void SetStage(string name, int version, RegistryStage stage) => Change(name, version, (stages, aliases) => stages[version] = stage);

    private void Change(string name, int version, Action<SortedDictionary<int, RegistryStage>, SortedDictionary<string, int>> change)
    {
        CheckName(name);
        if (!VersionsOf(name).Contains(version)) throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"model '{name}': there is no version {version}; 'radlab registry show {name}' lists them."));
        Locked(name, () =>
        {
            var (stages, aliases) = State(name);
            change(stages, aliases);
            var json = new JsonObject
            {
                ["stages"] = new JsonObject(stages.Select(s => KeyValuePair.Create(s.Key.ToString(CultureInfo.InvariantCulture), (JsonNode?)s.Value.ToString()))),
                ["aliases"] = new JsonObject(aliases.Select(a => KeyValuePair.Create(a.Key, (JsonNode?)a.Value))),
            };
            WholeFile.Write(Path.Combine(folder, name, StateName), Bytes(json));
            return 0;
        });
    }

    private (SortedDictionary<int, RegistryStage> Stages, SortedDictionary<string, int> Aliases) State(string name)
    {
        string path = Path.Combine(folder, name, StateName);
        var (stages, aliases) = (new SortedDictionary<int, RegistryStage>(), new SortedDictionary<string, int>(StringComparer.Ordinal));
        if (!File.Exists(path)) return (stages, aliases);
        return Guarded(path, json =>
        {
            foreach (var (version, stage) in json["stages"]!.AsObject()) stages[int.Parse(version, CultureInfo.InvariantCulture)] = Enum.Parse<RegistryStage>((string)stage!);
            foreach (var (alias, version) in json["aliases"]!.AsObject()) aliases[alias] = (int)version!;
            return (stages, aliases);
        });
    }

    private RegistryEntry Load(string name, int version)
    {
        string path = PathOf(name, version);
        return Guarded(path, json =>
        {
            var entry = RegistryEntry.FromJson(json, path);
            return entry.Name == name && entry.Version == version ? entry : throw new RecipeException($"{path}: is the entry of {entry.Name}/{entry.Version}; the file was moved, put it back.");
        });
    }

    private List<int> VersionsOf(string name)
    {
        string own = Path.Combine(folder, name);
        return !Directory.Exists(own) ? []
            : [.. Directory.EnumerateFiles(own, "v*.json").Select(f => int.TryParse(Path.GetFileNameWithoutExtension(f).AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int v) && v is > 0 and < MaxVersions ? v : 0).Where(v => v > 0).Order()];
    }

    private string PathOf(string name, int version) => Path.Combine(folder, name, string.Create(CultureInfo.InvariantCulture, $"v{version}.json"));

    private T Locked<T>(string name, Func<T> change)
    {
        string own = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
        var deadline = DateTime.UtcNow.AddSeconds(10);
        while (true)
        {
            FileStream held;
            try
            {
                held = new FileStream(Path.Combine(own, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (e is not DirectoryNotFoundException)
            {
                if (DateTime.UtcNow > deadline) throw new IOException($"{own}: another process holds the registry, or it is read-only ({e.Message}); try again.", e);
                Thread.Sleep(20);
                continue;
            }
            using (held) return change();
        }
    }

    private static T Guarded<T>(string path, Func<JsonObject, T> read)
    {
        if (new FileInfo(path).Length > MaxBytes) throw new RecipeException($"{path}: must have at most {MaxBytes} bytes.");
        try
        {
            return read(JsonNode.Parse(File.ReadAllText(path), null, new JsonDocumentOptions { MaxDepth = 24, AllowDuplicateProperties = false })!.AsObject());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or FormatException or ArgumentException)
        {
            throw new RecipeException($"{path}: is not what the registry writes; restore it from a copy.", e);
        }
    }

    private static byte[] Bytes(JsonObject json) => Encoding.UTF8.GetBytes(json.ToJsonString(s_json) + "\n");

    private static void CheckName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!IsName(name)) throw new RecipeException($"model name '{name}': must be 1 to 100 letters, digits, and . _ - , and begin with a letter or digit.");
    }

    internal static bool IsName(string name) => name.Length is > 0 and <= 100 && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}
