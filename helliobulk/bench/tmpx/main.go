package main
import ("context";"fmt";"os";"strings";"time";"github.com/hellio-go/hellio";"github.com/hellio-go/hellio/helliobulk")
func main(){
 c,_:=hellio.NewClient("x",hellio.WithBaseURL("http://127.0.0.1:1/v1"))
 n:=200000
 list:=func(y func(helliobulk.Recipient,error)bool){ for i:=range n { if !y(helliobulk.Recipient{Number:fmt.Sprintf("+23324%07d",i*7368787%10000000),Fields:map[string]string{"name":fmt.Sprint("Person ",i)}},nil){return}}}
 t:=time.Now()
 os.Remove("/tmp/px")
 m,err:=helliobulk.Plan(context.Background(),c,list,helliobulk.Params{Store:"/tmp/px",Sender:"A",Message:"Dear {{name}}, fees are due.",Region:"GH"})
 fmt.Println(m,err,time.Since(t)); fi,_:=os.Stat("/tmp/px"); fmt.Println(fi.Size())
 b,_:=os.ReadFile("/proc/self/status"); for _,l:=range strings.Split(string(b),"\n"){ if strings.HasPrefix(l,"VmHWM")||strings.HasPrefix(l,"Rss"){fmt.Println(l)}}
}
