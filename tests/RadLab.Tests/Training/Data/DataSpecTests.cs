using RadLab.Radiology;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

public sealed class DataSpecTests
{
    [Fact]
    public void Sets_are_joined_and_generated_ones_carry_their_settings()
    {
        var specs = DataSpec.Parse("synthetic-reports:count=500,seed=4,part=kept,radiologist=2+synthetic-protocols:part=held-out+openi-chest-xray");
        Assert.Equal([new DataSpec("synthetic-reports", 500, 4, SyntheticPart.Kept, 2), new DataSpec("synthetic-protocols", Part: SyntheticPart.HeldOut), new DataSpec("openi-chest-xray")], specs);
        Assert.Equal(["500/4/Kept/2", "//HeldOut/", ""], specs.Select(s => s.Settings));
    }

    [Fact]
    public void A_folder_whose_name_has_a_plus_or_a_colon_is_a_folder()
    {
        using var temp = new TemporaryModelFolder();
        string folder = Directory.CreateDirectory(temp.File("a+b")).FullName;
        Assert.Equal([new DataSpec(folder)], DataSpec.Parse(folder));
    }

    [Fact]
    public void What_has_settings_is_generated_whatever_lies_here_under_its_name()
    {
        using var temp = new TemporaryModelFolder();
        string folder = Directory.CreateDirectory(temp.File("synthetic-reports")).FullName;
        Assert.True(new DataSpec(folder).IsFolder);
        Assert.False(new DataSpec(folder, Radiologist: 1).IsFolder);
        Assert.False(new DataSpec("synthetic-reports").IsFolder);
    }

    [Theory]
    [InlineData("synthetic-reports:count=0", "data synthetic-reports: 'count=0' is not a setting; there are count=N, seed=N, part=all|kept|held-out and, for reports, radiologist=N.")]
    [InlineData("synthetic-reports:rows=4", "data synthetic-reports: 'rows=4' is not a setting; there are count=N, seed=N, part=all|kept|held-out and, for reports, radiologist=N.")]
    [InlineData("synthetic-reports:radiologist=two", "data synthetic-reports: 'radiologist=two' is not a setting; there are count=N, seed=N, part=all|kept|held-out and, for reports, radiologist=N.")]
    [InlineData("a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a", "data: at most 16 sets can be joined, got 17.")]
    public void What_cannot_be_read_is_named(string text, string message) => Assert.Equal(message, Assert.Throws<RecipeException>(() => DataSpec.Parse(text)).Message);

    [Fact]
    public void Settings_belong_to_generated_sets_and_one_set_is_asked_for()
    {
        Assert.Equal("data openi-chest-xray: is not generated, so it has no count, seed, part or radiologist; name it alone.", Assert.Throws<RecipeException>(() => TrainingData.OpenAll("openi-chest-xray:count=4")).Message);
    }

    [Fact]
    public void Of_joined_sets_the_strictest_terms_hold()
    {
        DataProvenance Of(string id) => DataProvenance.Of(ManifestCatalog.Find(id), []);
        var both = DataProvenance.Combine([Of("synthetic-reports"), Of("openi-chest-xray"), Of("synthetic-protocols"), Of("synthetic-reports")]);
        Assert.Equal("synthetic-reports+openi-chest-xray+synthetic-protocols", both.DataSet);
        Assert.Equal((TermsOfUse.Forbidden, TermsOfUse.Unclear, TermsOfUse.Forbidden), (both.Terms.AdaptedText, both.Terms.TrainedWeights, both.Terms.CommercialUse));
        Assert.Equal(PhiClass.PublicDeidentified, both.Phi.Class);
        Assert.Null(both.Licence.Spdx);
        Assert.Equal("MIT", DataProvenance.Combine([Of("synthetic-reports"), Of("synthetic-protocols")]).Licence.Spdx);
    }
}
