using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RadLab.Tests.Training;

/// <summary>What a request must have, and may have.</summary>
internal sealed partial class StrictMlflowServer
{
    private static List<(string Key, string Value)> Pairs(JsonNode? node, int most, int length)
    {
        var pairs = (node?.AsArray() ?? []).Select(p => Known(p as JsonObject ?? throw Invalid("pair"), "key:string!", "value:string!")).Select(p => (Key((string)p["key"]!), (string)p["value"]!)).ToList();
        if (pairs.Count > most) throw Invalid($"at most {most}");
        foreach (var (key, value) in pairs)
            if (value.Length > length) throw Invalid($"value of '{key}' had length {value.Length}, which exceeded length limit of {length}");
        return pairs;
    }

    private static string Key(string key) => key.Length <= 250 && Name().IsMatch(key) && !key.StartsWith('/') && !key.Split('/').Any(p => p is "" or "." or "..") ? key : throw Invalid($"Invalid name: '{key[..Math.Min(50, key.Length)]}'");

    private static JsonObject Fields(byte[] body, params string[] fields)
    {
        try
        {
            return Known(JsonNode.Parse(body) as JsonObject ?? throw Invalid("body"), fields);
        }
        catch (JsonException)
        {
            throw Invalid("body is no JSON");
        }
    }

    private static JsonObject Known(JsonObject json, params string[] fields)
    {
        var known = fields.Select(f => f.TrimEnd('!').Split(':')).ToDictionary(f => f[0], f => f[1]);
        foreach (var (name, value) in json)
        {
            if (!known.TryGetValue(name, out string? type)) throw Invalid($"unknown field {name}");
            bool fits = (type, value?.GetValueKind()) switch
            {
                ("string", JsonValueKind.String) or ("array", JsonValueKind.Array) or ("number", JsonValueKind.Number) => true,
                ("int", JsonValueKind.Number) => long.TryParse(value!.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
                _ => false,
            };
            if (!fits) throw Invalid($"Invalid value for parameter '{name}': must be {type}");
        }
        foreach (string required in fields.Where(f => f.EndsWith('!')).Select(f => f.Split(':')[0]))
            if (!json.ContainsKey(required)) throw Missing(required);
        return json;
    }

    private static Refusal Invalid(string what) => new("INVALID_PARAMETER_VALUE", what);

    private static Refusal Missing(string field) => new("INVALID_PARAMETER_VALUE", $"Missing value for required parameter '{field}'");

    private static Dictionary<string, string> Query(Dictionary<string, string> query, params string[] names)
    {
        if (query.Keys.Except(names.Select(n => n.TrimEnd('!'))).FirstOrDefault() is { } unknown) throw Invalid($"unknown parameter {unknown}");
        if (names.Where(n => n.EndsWith('!')).Select(n => n.TrimEnd('!')).FirstOrDefault(n => !query.ContainsKey(n)) is { } missing) throw Missing(missing);
        return query;
    }

    private sealed class Refusal(string code, string message) : Exception(message)
    {
        public string Code { get; } = code;
    }

    [GeneratedRegex(@"^[/\w.\- ]+$")]
    private static partial Regex Name();
}
