using RadLab.Models;

namespace RadLab.Tests;

public sealed class PythonJsonTests
{
    // json.dumps of each number, from CPython
    [Theory]
    [InlineData(0.0, "0.0"), InlineData(-0.0, "-0.0"), InlineData(1.0, "1.0"), InlineData(-1.5, "-1.5"), InlineData(0.0123, "0.0123"), InlineData(120.0, "120.0")]
    [InlineData(0.0001, "0.0001"), InlineData(0.00001, "1e-05"), InlineData(-0.000012345, "-1.2345e-05"), InlineData(1e-100, "1e-100"), InlineData(5e-324, "5e-324")]
    [InlineData(1e15, "1000000000000000.0"), InlineData(123456789012345680.0, "1.2345678901234568e+17"), InlineData(9007199254740993.0, "9007199254740992.0"), InlineData(1e16, "1e+16"), InlineData(1.7976931348623157e308, "1.7976931348623157e+308")]
    [InlineData(0.012299999594688416, "0.012299999594688416")]   // the float32 nearest to 0.0123
    public void A_number_is_written_as_Python_does(double value, string expected) => Assert.Equal(expected, PythonJson.Number(value));

    [Fact]
    public void What_JSON_cannot_hold_is_refused() =>
        Assert.StartsWith("PythonJson.Number: value must be finite, got NaN.", Assert.Throws<ArgumentException>(() => PythonJson.Number(double.NaN)).Message, StringComparison.Ordinal);
}
