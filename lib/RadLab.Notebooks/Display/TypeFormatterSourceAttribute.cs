namespace RadLab.Notebooks;

/// <summary>
/// Names how a type is displayed. Found by its simple name, here and in .NET Interactive, so that libraries need no
/// reference to a notebook engine.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct, Inherited = true, AllowMultiple = false)]
internal sealed class TypeFormatterSourceAttribute(Type formatterSourceType) : Attribute
{
    public Type FormatterSourceType { get; } = formatterSourceType;
    public string[]? PreferredMimeTypes { get; set; }
}

/// <summary>One form of a value: the shape that the convention asks for.</summary>
internal sealed class ValueFormatter<T>(string mimeType, Func<T, string> format)
{
    public string MimeType => mimeType;

    public bool Format(object instance, TextWriter writer)
    {
        if (instance is not T value) return false;
        writer.Write(format(value));
        return true;
    }
}
