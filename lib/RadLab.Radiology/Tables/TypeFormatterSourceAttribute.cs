namespace RadLab.Radiology;

/// <summary>
/// Says how notebooks show values of a type. RadLab's kernel and .NET Interactive find it by its simple name, so no package is needed for it.
/// </summary>
/// <param name="formatterSourceType">Has a parameterless constructor and <c>CreateTypeFormatters()</c>.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
internal sealed class TypeFormatterSourceAttribute(Type formatterSourceType) : Attribute
{
    public Type FormatterSourceType { get; } = formatterSourceType;

    /// <summary>The forms that make a cell's output, in this order.</summary>
    public string[] PreferredMimeTypes { get; set; } = ["text/html", "text/plain"];
}
