using System.Globalization;
using System.Text;
using System.Text.Json;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>The flat YAML of MLflow's <c>meta.yaml</c>: one key and one value a line. What is not changed stays as it was read, also keys that RadLab does not know.</summary>
internal sealed class MlflowYaml
{
    public const string FileName = "meta.yaml";
    private const int MaxBytes = 1 << 20;

    private readonly List<(string Key, string Raw)> _lines = [];

    public string? this[string key] => _lines.FirstOrDefault(l => l.Key == key).Raw is { } raw ? Unquote(raw) : null;

    // always in quotes: an id of digits must not become a number
    public MlflowYaml Text(string key, string value) => Set(key, "'" + value.Replace("'", "''", StringComparison.Ordinal) + "'");

    public MlflowYaml Number(string key, long? value) => Set(key, value is { } n ? n.ToString(CultureInfo.InvariantCulture) : "null");

    public MlflowYaml Raw(string key, string value) => Set(key, value);

    public void Save(string folder)
    {
        var text = new StringBuilder();
        foreach (var (key, raw) in _lines) text.Append(key).Append(": ").Append(raw).Append('\n');
        WholeFile.Write(Path.Combine(folder, FileName), Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>Null where there is no such file, or it is none that MLflow writes.</summary>
    public static MlflowYaml? Load(string folder)
    {
        string path = Path.Combine(folder, FileName);
        var info = new FileInfo(path);
        if (!info.Exists || info.Length > MaxBytes) return null;
        var yaml = new MlflowYaml();
        foreach (string line in File.ReadAllLines(path))
        {
            if (line.Length == 0 || line[0] == '#') continue;
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 1 || line[0] is ' ' or '-')
            {
                // the rest of a value that goes over several lines
                if (yaml._lines.Count == 0) return null;
                var (key, raw) = yaml._lines[^1];
                yaml._lines[^1] = (key, raw + "\n" + line);
                continue;
            }
            yaml._lines.Add((line[..colon], line[(colon + 1)..].Trim()));
        }
        return yaml;
    }

    private MlflowYaml Set(string key, string raw)
    {
        // control characters and line ends need YAML's other quotes, whose escapes are JSON's
        if (raw.Any(char.IsControl)) raw = JsonSerializer.Serialize(Unquote(raw));
        int at = _lines.FindIndex(l => l.Key == key);
        if (at < 0) _lines.Add((key, raw));
        else _lines[at] = (key, raw);
        return this;
    }

    private static string Unquote(string raw)
    {
        if (raw.Length < 2) return raw;
        if (raw[0] == '\'' && raw[^1] == '\'') return raw[1..^1].Replace("''", "'", StringComparison.Ordinal);
        if (raw[0] != '"' || raw[^1] != '"') return raw;
        try
        {
            return JsonSerializer.Deserialize<string>(raw) ?? "";
        }
        catch (JsonException)
        {
            return raw[1..^1];   // an escape that only YAML knows
        }
    }
}
