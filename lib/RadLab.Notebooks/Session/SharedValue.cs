using System.Collections.Concurrent;
using System.ComponentModel;
using System.Globalization;

namespace RadLab.Notebooks;

/// <summary>Hands a value over to generated code. Not for cells.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class SharedValue
{
    private static readonly ConcurrentDictionary<string, object?> s_waiting = new();
    private static long s_count;

    internal static string Put(object? value)
    {
        string key = Interlocked.Increment(ref s_count).ToString(CultureInfo.InvariantCulture);
        s_waiting[key] = value;
        return key;
    }

    /// <summary>The value that waits under a key; once.</summary>
    public static object? Take(string key) => s_waiting.TryRemove(key, out object? value) ? value : throw new InvalidOperationException($"SharedValue: nothing waits under '{key}'.");
}

/// <summary>Types as C# writes them.</summary>
internal static class TypeName
{
    private static readonly Dictionary<Type, string> s_keywords = new()
    {
        [typeof(string)] = "string", [typeof(bool)] = "bool", [typeof(int)] = "int", [typeof(long)] = "long", [typeof(float)] = "float", [typeof(double)] = "double",
        [typeof(byte)] = "byte", [typeof(char)] = "char", [typeof(decimal)] = "decimal", [typeof(object)] = "object",
    };

    /// <summary>"object" for what code outside cannot name: anonymous, private and cell-made types.</summary>
    public static string Of(Type? type)
    {
        if (type is null) return "object";
        if (s_keywords.TryGetValue(type, out string? keyword)) return keyword;
        if (type.IsArray) return $"{Of(type.GetElementType())}[{new string(',', type.GetArrayRank() - 1)}]";
        // a type that a cell declared lives inside its submission and has no name outside
        if (!type.IsVisible || type.FullName is null || type.FullName.Contains('<', StringComparison.Ordinal) || type.FullName.StartsWith("Submission#", StringComparison.Ordinal)) return "object";
        if (!type.IsGenericType) return "global::" + type.FullName.Replace('+', '.');
        if (type.IsNested) return "object";
        string name = type.GetGenericTypeDefinition().FullName!;
        return $"global::{name[..name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(Of))}>";
    }
}
