using System.Globalization;

namespace RadLab.Models;

/// <summary>One tensor as it is to be written: bytes are row-major and little-endian.</summary>
public sealed record SafeTensorsSpec(string Name, SafeTensorsDType DType, IReadOnlyList<long> Shape);

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Shape">Row-major; empty for a scalar; a zero makes an empty tensor.</param>
/// <param name="Begin">First byte, counted from the start of the data section.</param>
/// <param name="End">One past the last byte.</param>
public sealed record SafeTensorsEntry(string Name, SafeTensorsDType DType, IReadOnlyList<long> Shape, long Begin, long End)
{
    public long ByteCount => End - Begin;

    /// <summary>The shape as messages show it, for example <c>(128256, 4096)</c>.</summary>
    public string ShapeText => TextOf(Shape);

    internal static string TextOf(IReadOnlyList<long> shape) =>
        $"({string.Join(", ", shape.Select(size => size.ToString(CultureInfo.InvariantCulture)))})";
}
