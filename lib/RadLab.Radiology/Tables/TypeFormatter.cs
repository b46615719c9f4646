namespace RadLab.Radiology;

/// <summary>One form of a value, as the formatter convention wants it: a MIME type and exactly one method Format(object, TextWriter).</summary>
/// <param name="mimeType">text/html or text/plain.</param>
/// <param name="text">The value in that form.</param>
internal sealed class TypeFormatter<T>(string mimeType, Func<T, string> text)
{
    public string MimeType => mimeType;

    /// <summary>False leaves the value to the notebook's own formatter.</summary>
    public bool Format(object instance, TextWriter writer)
    {
        if (instance is not T value) return false;
        writer.Write(text(value));
        return true;
    }
}
