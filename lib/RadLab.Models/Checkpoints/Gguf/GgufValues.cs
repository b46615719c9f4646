namespace RadLab.Models;

/// <summary>Types of GGUF metadata by their numbers in the file; a C# value has the type that corresponds to it, an array is a C# array.</summary>
internal static class GgufValues
{
    public const uint String = 8, Array = 9;

    // by number: the position is the number; String and Array are handled apart
    private static readonly (Type? Type, int Bytes)[] s_types =
    [
        (typeof(byte), 1), (typeof(sbyte), 1), (typeof(ushort), 2), (typeof(short), 2), (typeof(uint), 4), (typeof(int), 4), (typeof(float), 4), (typeof(bool), 1),
        (typeof(string), 8), (null, 0), (typeof(ulong), 8), (typeof(long), 8), (typeof(double), 8),
    ];

    /// <summary>Bytes of one value; of a string, those of its length; 0 for what is no single value.</summary>
    public static int Bytes(uint number) => number < s_types.Length ? s_types[number].Bytes : 0;

    public static Type TypeOf(uint number) => s_types[number].Type!;

    /// <summary>The number of a C# type that can be a value.</summary>
    public static uint NumberOf(Type type)
    {
        int number = System.Array.FindIndex(s_types, t => t.Type == type);
        return number >= 0 ? (uint)number : throw new ArgumentException($"GgufWriter: a metadata value must be a number, a bool, a string or an array of these, got {type.Name}.");
    }
}
