using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>Holds JSON against the settings that a recipe has, so that what is wrong is told by its path and by what it must be.</summary>
internal static class RecipeShape
{
    /// <param name="place">Stands before the path in messages: a file and ": ", or "--set ".</param>
    /// <param name="forShell">Lists are shown with the quotes that a shell wants.</param>
    /// <exception cref="RecipeException">The first setting that cannot be read.</exception>
    public static void Check(JsonNode? root, string place, bool forShell = false) => new Walk(place, forShell).Check(root, typeof(Recipe), null, "");

    /// <summary>Whether a path is that of a text: it is taken as it stands, also where it looks like a number.</summary>
    public static bool IsText(IEnumerable<string> path)
    {
        Type? type = typeof(Recipe);
        foreach (string name in path)
        {
            if (type is null) return false;
            type = IsDictionary(type) ? type.GetGenericArguments()[1] : Settings(type).GetValueOrDefault(name)?.PropertyType;
        }
        return type == typeof(string);
    }

    private static Dictionary<string, PropertyInfo> Settings(Type type) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite && p.GetIndexParameters().Length == 0)
        .ToDictionary(p => JsonNamingPolicy.SnakeCaseLower.ConvertName(p.Name), StringComparer.Ordinal);

    private static bool Is(Type type, Type generic) => type.IsGenericType && type.GetGenericTypeDefinition() == generic;

    private static bool IsList(Type type) => Is(type, typeof(IReadOnlyList<>));

    private static bool IsDictionary(Type type) => Is(type, typeof(IReadOnlyDictionary<,>));

    private static bool IsPair(Type type) => Is(type, typeof(KeyValuePair<,>));

    private static bool IsWhole(Type type) => type == typeof(int) || type == typeof(long) || type == typeof(ulong);

    private sealed class Walk(string place, bool forShell)
    {
        private readonly NullabilityInfoContext _nullability = new();

        public void Check(JsonNode? node, Type declared, NullabilityInfo? nullability, string path)
        {
            var type = Nullable.GetUnderlyingType(declared) ?? declared;
            if (node is null)
            {
                if (type != declared || nullability?.ReadState == NullabilityState.Nullable) return;
                throw Wrong(path, $"must not be null; leave it out, or give {What(type)}");
            }
            if (IsList(type))
                for (int i = 0; i < Items(node, type, path).Count; i++) Check(node[i], type.GetGenericArguments()[0], nullability?.GenericTypeArguments[0], string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"));
            else if (IsDictionary(type))
                foreach (var (name, value) in Object(node, type, path)) Check(value, type.GetGenericArguments()[1], nullability?.GenericTypeArguments[1], $"{path}.{name}");
            else if (IsPair(type)) CheckPair(Object(node, type, path), type, path);
            else if (type.IsClass && type != typeof(string) && type != typeof(LoraInit)) CheckSection(Object(node, type, path), type, path);
            else if (!Fits(node, type)) throw Wrong(path, $"must be {What(type)}, got {Got(node)}");
        }

        private void CheckSection(JsonObject section, Type type, string path)
        {
            var settings = Settings(type);
            foreach (var (name, value) in section)
            {
                string at = path.Length == 0 ? name : $"{path}.{name}";
                if (!settings.TryGetValue(name, out var property)) throw Wrong(at, $"there is no setting '{name}'; here are {string.Join(", ", settings.Keys)}");
                Check(value, property.PropertyType, _nullability.Create(property), at);
            }
            var missing = settings.Where(s => s.Value.IsDefined(typeof(RequiredMemberAttribute)) && !section.ContainsKey(s.Key)).Select(s => s.Key).ToList();
            if (missing.Count > 0) throw Wrong(path.Length == 0 ? missing[0] : $"{path}.{missing[0]}", $"must be given; {RecipeJson.Beginning}");
        }

        // a pair that lacks its key would be read as one with none
        private void CheckPair(JsonObject pair, Type type, string path)
        {
            var arguments = type.GetGenericArguments();
            if (pair.Count != 2 || !pair.ContainsKey("key") || !pair.ContainsKey("value")) throw Wrong(path, $"must be {What(type)}, got {Got(pair)}");
            Check(pair["key"], arguments[0], null, path + ".key");
            Check(pair["value"], arguments[1], null, path + ".value");
        }

        private JsonArray Items(JsonNode node, Type type, string path) => node as JsonArray ?? throw Wrong(path, $"must be {What(type)}, got {Got(node)}");

        private JsonObject Object(JsonNode node, Type type, string path) => node as JsonObject ?? throw Wrong(path, $"must be {What(type)}, got {Got(node)}");

        private RecipeException Wrong(string path, string problem) => new($"{place}{(path.Length == 0 ? "" : path + ": ")}{problem}.");

        private string What(Type type)
        {
            if (type.IsEnum) return $"one of {string.Join(", ", Enum.GetNames(type))}";
            if (type == typeof(string)) return "a text in quotes";
            if (type == typeof(bool)) return "true or false";
            if (type == typeof(ulong)) return "a whole number, 0 or more";
            if (IsWhole(type)) return string.Create(CultureInfo.InvariantCulture, $"a whole number{(type == typeof(int) ? $" up to {int.MaxValue}" : "")}");
            if (type.IsPrimitive) return "a number";
            if (type == typeof(LoraInit)) return LoraInitJson.Choices;
            if (IsList(type)) return $"a list such as {(forShell ? "'" : "")}[{Example(type.GetGenericArguments()[0])}]{(forShell ? "' (with its quotes)" : "")}";
            if (IsPair(type)) return $"an object with key and value such as {Example(type)}";
            return $"an object of settings{(Settings(type) is { Count: > 0 } settings ? $" such as {{\"{settings.First(s => s.Value.PropertyType.IsPrimitive || s.Value.PropertyType.IsEnum || s.Value.PropertyType == typeof(string)).Key}\": ...}}" : "")}";
        }

        private static string Example(Type type) => IsPair(type) ? "{\"key\": \"q_proj\", \"value\": 16}" : IsWhole(type) ? "0, 1" : "\"q_proj\", \"v_proj\"";

        private static string Got(JsonNode node) => node switch
        {
            JsonArray => "a list",
            JsonObject => "an object",
            _ when node.GetValueKind() == JsonValueKind.String => $"'{Short((string)node!)}'",
            _ => Short(node.ToJsonString()),
        };

        private static string Short(string text) => text.Length <= 60 ? text : text[..60] + "…";
    }

    private static bool Fits(JsonNode node, Type type)
    {
        var kind = node.GetValueKind();
        if (type == typeof(bool)) return kind is JsonValueKind.True or JsonValueKind.False;
        if (type == typeof(LoraInit) || type == typeof(string)) return kind == JsonValueKind.String;
        if (type.IsEnum) return kind == JsonValueKind.String && Enum.GetNames(type).Contains((string)node!, StringComparer.OrdinalIgnoreCase);
        if (kind != JsonValueKind.Number) return false;
        string number = node.ToJsonString();
        if (type == typeof(int)) return int.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);
        if (type == typeof(long)) return long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);
        if (type == typeof(ulong)) return ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _);
        return true;
    }
}
