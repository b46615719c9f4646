using System.Text;
using RadLab.Training;

namespace RadLab.Tests.Training;

public sealed class MlflowCredentialsTests
{
    [Fact]
    public void The_environment_says_who_we_are_and_a_name_with_password_comes_before_a_token()
    {
        Assert.Null(From().Header);
        Assert.Equal("Bearer abc", From((MlflowCredentials.TokenVariable, "abc\n")).Header!.ToString());   // a file's last line end does no harm
        Assert.Equal("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("me:wörd")), From((MlflowCredentials.UserVariable, "me"), (MlflowCredentials.PasswordVariable, "wörd"), (MlflowCredentials.TokenVariable, "abc")).Header!.ToString());
        Assert.Equal("Bearer abc", From((MlflowCredentials.UserVariable, "me"), (MlflowCredentials.TokenVariable, "abc")).Header!.ToString());
        Assert.Null(From((MlflowCredentials.TokenVariable, " ")).Header);
    }

    [Theory]
    [InlineData(MlflowCredentials.TokenVariable, "hid\nden", "must be one line of plain letters, digits and signs without blanks; set it anew.")]
    [InlineData(MlflowCredentials.TokenVariable, "hid den", "must be one line of plain letters, digits and signs without blanks; set it anew.")]
    [InlineData(MlflowCredentials.TokenVariable, "hiddén", "must be one line of plain letters, digits and signs without blanks; set it anew.")]
    [InlineData(MlflowCredentials.UserVariable, "hid:den", "must be one line without a colon; set it anew.")]
    [InlineData(MlflowCredentials.PasswordVariable, "hidden\r\n", "must be one line without control characters; set it anew.")]
    public void What_cannot_stand_in_a_request_is_refused_by_its_variable_and_never_shown(string variable, string value, string requirement) =>
        Assert.Equal($"{variable}: {requirement}", Assert.Throws<ArgumentException>(() => From((variable, value))).Message);

    private static MlflowCredentials From(params (string Name, string Value)[] variables) => MlflowCredentials.From(name => variables.FirstOrDefault(v => v.Name == name).Value);
}
