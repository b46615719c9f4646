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

    /// <summary>"object" for what code outside cannot name: anonymous and private types, those that cells declared, and what is made of them.</summary>
    public static string Of(Type? type)
    {
        if (type is null || !IsNameable(type)) return "object";
        if (s_keywords.TryGetValue(type, out string? keyword)) return keyword;
        if (type.IsArray) return $"{Of(type.GetElementType())}[{new string(',', type.GetArrayRank() - 1)}]";
        if (!type.IsGenericType) return "global::" + type.FullName!.Replace('+', '.');
        string name = type.GetGenericTypeDefinition().FullName!;
        return $"global::{name[..name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(Of))}>";
    }

    /// <summary>The files in which a type that <see cref="Of"/> can name is declared, .NET's own left out.</summary>
    public static IEnumerable<string> Assemblies(Type? type)
    {
        if (type is null || !IsNameable(type)) return [];
        if (type.IsArray) return Assemblies(type.GetElementType());
        IEnumerable<string> own = Path.GetDirectoryName(type.Assembly.Location) == Path.GetDirectoryName(typeof(object).Assembly.Location) ? [] : [type.Assembly.Location];
        return own.Concat(type.IsGenericType ? type.GetGenericArguments().SelectMany(Assemblies) : []).Distinct();
    }

    // A type that a cell declared lives in an assembly without a file, which other cells cannot refer to.
    private static bool IsNameable(Type type)
    {
        if (type.IsArray) return IsNameable(type.GetElementType()!);
        if (!type.IsVisible || type.IsPointer || type.FullName is not { } name || type.Assembly.Location.Length == 0) return false;
        if (!type.IsGenericType) return !name.Contains('<', StringComparison.Ordinal);
        return !type.IsNested && type.GetGenericArguments().All(IsNameable);
    }
}
