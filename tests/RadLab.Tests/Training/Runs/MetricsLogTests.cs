using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

public sealed class MetricsLogTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(2, true, "train 1,train 2,validation 2")]
    [InlineData(2, false, "train 1,train 2")]
    [InlineData(1, false, "train 1")]
    [InlineData(9, false, "train 1,train 2,validation 2,train 3")]
    [InlineData(0, true, "")]
    public void What_a_resumed_run_repeats_is_removed(long step, bool evaluated, string left)
    {
        _folder.Write(MetricsLog.FileName, """
            {"step":1,"kind":"train","loss":2}
            {"step":2,"kind":"train","loss":1}
            {"step":2,"kind":"validation","loss":3,"texts":4}
            {"step":3,"kind":"train","loss":1}
            {"step":4,"kind":"tra
            """);
        using (MetricsLog.Open(_folder.Path, step, evaluated))
        {
            // opening cuts
        }
        Assert.Equal(left, string.Join(',', File.ReadLines(_folder.File(MetricsLog.FileName)).Select(l => $"{l.Split('"')[5]} {l[8]}")));
    }
}
