using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

public sealed class SweptSettingTests
{
    [Fact]
    public void Values_lists_pairs_and_ranges_are_read_and_written_back()
    {
        var ranks = SweptSetting.Parse("lora.rank=4,8,16");
        Assert.Equal("4 8 16", string.Join(' ', ranks.Values.Select(v => v.Single())));
        var targets = SweptSetting.Parse("lora.targets=[\"q_proj\"],[\"q_proj\",\"v_proj\"]");
        Assert.Equal(["[\"q_proj\"]", "[\"q_proj\",\"v_proj\"]"], targets.Values.Select(v => v.Single()));
        var pairs = SweptSetting.Parse("lora.rank,lora.alpha=4:8,8:16");
        Assert.Equal(["lora.rank", "lora.alpha"], pairs.Paths);
        Assert.Equal(["8", "16"], pairs.Values[1]);
        Assert.Equal("pissa:16", SweptSetting.Parse("lora.init=uniform,pissa:16").Values[1].Single());
        var range = SweptSetting.Parse("learning_rate=1e-4..1e-2");
        Assert.Equal((1e-4, 1e-2), range.Range);
        Assert.All((string[])[ranks.Text, targets.Text, pairs.Text, range.Text], t => Assert.Equal(t, SweptSetting.Parse(t).ToString()));
        Assert.True(SweptSetting.Parse("seed=1,2").IsSeed);
    }

    [Fact]
    public void Draws_are_uniform_in_the_logarithm_and_rounded()
    {
        var range = SweptSetting.Parse("learning_rate=1e-4..1e-2");
        Assert.Equal(["0.0001", "0.001", "0.00316"], [range.Draw(0), range.Draw(0.5), range.Draw(0.75)]);
        var whole = SweptSetting.Parse("lora.rank=2..32");
        Assert.Equal(["2", "8", "32"], [whole.Draw(0), whole.Draw(0.5), whole.Draw(0.9999)]);
    }

    [Theory]
    [InlineData("lora.rank", "--over lora.rank: expected path=value,value, for example lora.rank=4,8,16.")]
    [InlineData("lora.rank=", "--over lora.rank=: expected path=value,value, for example lora.rank=4,8,16.")]
    [InlineData("a,a=1:2", "--over a,a=1:2: the paths before '=' must be different and not empty.")]
    [InlineData("a,b=1:2,3", "--over a,b=1:2,3: '3' must have 2 parts with ':' between them, one for each path, got 1.")]
    [InlineData("a=1,,2", "--over a=1,,2: a value must not be empty.")]
    [InlineData("a=1,2,1", "--over a=1,2,1: the value 1 is there twice.")]
    [InlineData("a=0..1", "--over a=0..1: a range must go from a number above 0 to a larger one.")]
    public void What_is_no_axis_is_said_in_one_line(string text, string message) => Assert.Equal(message, Assert.Throws<RecipeException>(() => SweptSetting.Parse(text)).Message);
}
